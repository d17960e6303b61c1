//! The cookies that a client keeps, as far as load balancers are concerned.

/// Cookies by name. Domains, paths and expiry are not looked at: a jar is for one site and one test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar {
    cookies: Vec<(String, String)>,
}

use super::ask::Ask;
use super::reply::Reply;

impl Jar {
    /// The value of a cookie.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Keeps what an answer sets, in place of what it had under the same name.
    pub fn keep(&mut self, reply: &Reply) {
        let headers = reply.http.iter().flat_map(|head| &head.headers);
        let set = headers.filter(|(name, _)| name == "set-cookie").map(|(_, value)| value);
        for (name, value) in set.filter_map(|cookie| cookie.split(';').next()?.split_once('=')) {
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The request with all cookies.
    #[must_use]
    pub fn on(&self, ask: Ask) -> Ask {
        if self.cookies.is_empty() {
            return ask;
        }
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        ask.header("cookie", &pairs.join("; "))
    }
}
