//! Reads fields of a JSON value and gathers all that is wrong with them, each with its place.

use ipnet::IpNet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::aws::stack::Tags;

/// Gathers faults.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<String>,
}

/// The fields of an object that nobody has asked for yet.
#[derive(Debug)]
pub(super) struct Fields {
    left: Map<String, Value>,
    place: String,
}

impl Fields {
    /// Where the object stands.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The field's value and place; none where it is missing or null.
    pub(super) fn take(&mut self, name: &str) -> Option<(Value, String)> {
        let value = self.left.remove(name).filter(|value| !value.is_null())?;
        Some((value, join(&self.place, name)))
    }
}

impl Reader {
    /// Remembers a fault: `what` completes the place to a sentence.
    pub(super) fn fault(&mut self, place: &str, what: &str) {
        let place = if place.is_empty() { "the file" } else { place };
        self.faults.push(format!("{place} {what}"));
    }

    /// The fields of an object.
    pub(super) fn object(&mut self, value: &Value, place: &str) -> Option<Fields> {
        match value {
            Value::Object(members) => Some(Fields {
                left: members.clone(),
                place: place.to_owned(),
            }),
            _ => {
                self.fault(place, "must be an object");
                None
            }
        }
    }

    /// No field is left that nobody knows.
    pub(super) fn finish(&mut self, fields: Fields) {
        for name in fields.left.keys() {
            self.fault(&join(&fields.place, name), "is unknown");
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, fields: &mut Fields, name: &str) -> Option<String> {
        if fields.left.get(name).is_none_or(Value::is_null) {
            fields.left.remove(name);
            self.fault(&join(&fields.place, name), "is required");
            return None;
        }
        self.optional_text(fields, name)
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&mut self, fields: &mut Fields, name: &str) -> Option<String> {
        let (value, place) = fields.take(name)?;
        match value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => {
                self.fault(&place, "must be a text that is not empty");
                None
            }
        }
    }

    /// true or false.
    pub(super) fn boolean(&mut self, fields: &mut Fields, name: &str) -> Option<bool> {
        let (value, place) = fields.take(name)?;
        self.expect(value.as_bool(), &place, "must be true or false")
    }

    /// A whole number.
    pub(super) fn number(&mut self, fields: &mut Fields, name: &str) -> Option<u32> {
        let (value, place) = fields.take(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        self.expect(number, &place, "must be a whole number from 0")
    }

    /// One network.
    pub(super) fn network(&mut self, fields: &mut Fields, name: &str) -> Option<IpNet> {
        let (value, place) = fields.take(name)?;
        self.parse_network(&value, &place)
    }

    /// A list of networks.
    pub(super) fn networks(&mut self, fields: &mut Fields, name: &str) -> Vec<IpNet> {
        let Some((value, place)) = fields.take(name) else {
            return Vec::new();
        };
        let items = self.list(value, &place).into_iter().enumerate();
        items
            .filter_map(|(index, item)| self.parse_network(&item, &format!("{place}[{index}]")))
            .collect()
    }

    fn parse_network(&mut self, value: &Value, place: &str) -> Option<IpNet> {
        let network = value.as_str().and_then(|text| text.parse::<IpNet>().ok());
        let network = network.filter(|network| network.trunc() == *network);
        self.expect(
            network,
            place,
            "must be a network such as 10.0.0.0/16, without host bits",
        )
    }

    /// Texts by key; numbers and booleans count as texts.
    pub(super) fn tags(&mut self, fields: &mut Fields, name: &str) -> Tags {
        let Some((value, place)) = fields.take(name) else {
            return Tags::new();
        };
        let Value::Object(members) = value else {
            self.fault(&place, "must be an object of texts");
            return Tags::new();
        };
        let tags = members.into_iter();
        tags.filter_map(|(key, value)| Some((key.clone(), self.scalar(&value, &join(&place, &key))?)))
            .collect()
    }

    /// A text, number or boolean as text.
    pub(super) fn scalar(&mut self, value: &Value, place: &str) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => {
                self.fault(place, "must be a text, a number, true or false");
                None
            }
        }
    }

    /// One object that must be there.
    pub(super) fn one<T>(
        &mut self,
        fields: &mut Fields,
        name: &str,
        read: impl FnOnce(Fields, &mut Self) -> Option<T>,
    ) -> Option<T> {
        let Some((value, place)) = fields.take(name) else {
            self.fault(&join(&fields.place, name), "is required");
            return None;
        };
        let fields = self.object(&value, &place)?;
        read(fields, self)
    }

    /// A list of objects; may be missing.
    pub(super) fn each<T>(
        &mut self,
        fields: &mut Fields,
        name: &str,
        read: impl Fn(Fields, &mut Self) -> Option<T>,
    ) -> Vec<T> {
        let Some((value, place)) = fields.take(name) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (index, item) in self.list(value, &place).into_iter().enumerate() {
            if let Some(fields) = self.object(&item, &format!("{place}[{index}]")) {
                all.extend(read(fields, self));
            }
        }
        all
    }

    /// A value of a type that serde reads.
    pub(super) fn typed<T: DeserializeOwned>(&mut self, value: Value, place: &str) -> Option<T> {
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(place, &format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// The same, without any field that the type does not have.
    pub(super) fn exact<T: DeserializeOwned + Serialize>(&mut self, value: Value, place: &str) -> Option<T> {
        let read: T = self.typed(value.clone(), place)?;
        match serde_json::to_value(&read) {
            Ok(known) => self.compare(&value, &known, place),
            Err(error) => self.fault(place, &format!("cannot be read: {error}")),
        }
        Some(read)
    }

    /// Names the fields that were given and not read.
    fn compare(&mut self, given: &Value, known: &Value, place: &str) {
        match (given, known) {
            (Value::Object(given), Value::Object(known)) => {
                for (name, value) in given {
                    let place = join(place, name);
                    match known.get(name) {
                        Some(known) => self.compare(value, known, &place),
                        None => self.fault(&place, "is unknown"),
                    }
                }
            }
            (Value::Array(given), Value::Array(known)) if given.len() == known.len() => {
                for (index, (given, known)) in given.iter().zip(known).enumerate() {
                    self.compare(given, known, &format!("{place}[{index}]"));
                }
            }
            _ => {}
        }
    }

    fn list(&mut self, value: Value, place: &str) -> Vec<Value> {
        match value {
            Value::Array(items) => items,
            _ => {
                self.fault(place, "must be a list");
                Vec::new()
            }
        }
    }

    fn expect<T>(&mut self, value: Option<T>, place: &str, what: &str) -> Option<T> {
        if value.is_none() {
            self.fault(place, what);
        }
        value
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
