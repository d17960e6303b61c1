//! ELBv2 and EC2 over the query protocol, for looking at what elbow made and for making what is not elbow's. LocalStack
//! checks no signature, so that no AWS SDK is needed: the header only names the caller's lane and the service.

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::http::request::Builder;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use roxmltree::{Document, Node};

/// Why AWS could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask AWS for {action}: {message}")]
pub struct Error {
    /// The action.
    action: String,
    /// What went wrong.
    message: String,
}

/// An AWS service's name in the credential scope, and its API version.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    service: &'static str,
    version: &'static str,
}

/// Elastic Load Balancing v2.
pub const ELBV2: Api = Api {
    service: "elasticloadbalancing",
    version: "2015-12-01",
};
/// EC2.
pub const EC2: Api = Api {
    service: "ec2",
    version: "2016-11-15",
};

/// One element of a list in an answer: its fields by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    fields: Vec<(String, String)>,
}

impl Item {
    /// The first field of that path, such as `Target/Id`; empty when there is none.
    #[must_use]
    pub fn get(&self, path: &str) -> &str {
        let field = self.fields.iter().find(|(name, _)| name == path);
        field.map_or("", |(_, value)| value)
    }

    /// Every field of that path.
    pub fn all<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(name, _)| name == path)
            .map(|(_, value)| value.as_str())
    }
}

/// A caller of AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    endpoint: String,
    region: String,
    lane: String,
}

impl Aws {
    /// A caller at an endpoint (`http://host:port`), on a lane of its own.
    #[must_use]
    pub fn new(endpoint: &str, region: &str, lane: &str) -> Self {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self {
            http,
            endpoint: endpoint.to_owned(),
            region: region.to_owned(),
            lane: lane.to_owned(),
        }
    }

    /// The elements of the list named `list` that a describe action answers, over all pages.
    ///
    /// # Errors
    /// When AWS does not answer, refuses, or answers something else than XML.
    pub async fn list(
        &self,
        api: Api,
        action: &str,
        parameters: &[(&str, &str)],
        list: &str,
    ) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        for page in self.pages(api, action, parameters).await? {
            items.extend(read_list(&parse(action, &page)?, list));
        }
        Ok(items)
    }

    /// The answers to a describe action, one for each page, as AWS sent them.
    ///
    /// # Errors
    /// As [`Aws::list`].
    pub async fn pages(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> Result<Vec<String>, Error> {
        let mut pages = Vec::new();
        let mut page: Option<(&str, String)> = None;
        loop {
            let marker = page.iter().map(|(name, value)| (*name, value.as_str()));
            let parameters: Vec<(&str, &str)> = parameters.iter().copied().chain(marker).collect();
            let answer = self.answer(api, action, &parameters).await?;
            page = next_page(&parse(action, &answer)?);
            pages.push(answer);
            if page.is_none() {
                return Ok(pages);
            }
        }
    }

    /// The answer of ACM, which speaks JSON, to an action.
    ///
    /// # Errors
    /// When AWS does not answer, refuses, or answers something else than JSON.
    pub async fn certificates(&self, action: &str, body: &serde_json::Value) -> Result<serde_json::Value, Error> {
        let request = self.request("acm", "application/x-amz-json-1.1");
        let request = request.header("x-amz-target", format!("CertificateManager.{action}"));
        let answer = self.send(request, body.to_string()).await;
        let answer = answer.and_then(|text| Ok(serde_json::from_str(&text)?));
        answer.map_err(failed(action))
    }

    /// The text of the first element named `name` in the answer, such as the `TargetGroupArn` of what was created; empty
    /// when there is none.
    ///
    /// # Errors
    /// As [`Aws::list`].
    pub async fn value(
        &self,
        api: Api,
        action: &str,
        parameters: &[(&str, &str)],
        name: &str,
    ) -> Result<String, Error> {
        let answer = self.answer(api, action, parameters).await?;
        Ok(text(&parse(action, &answer)?, name).unwrap_or_default().to_owned())
    }

    /// The answer as AWS sent it.
    ///
    /// # Errors
    /// When AWS does not answer or refuses.
    pub async fn answer(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> Result<String, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action)
            .append_pair("Version", api.version)
            .extend_pairs(parameters);
        let request = self.request(api.service, "application/x-www-form-urlencoded");
        self.send(request, form.finish()).await.map_err(failed(action))
    }

    fn request(&self, service: &str, content: &str) -> Builder {
        let scope = format!("{}/20260101/{}/{service}/aws4_request", self.lane, self.region);
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        Request::post(&self.endpoint)
            .header("authorization", authorization)
            .header("content-type", content)
    }

    async fn send(&self, request: Builder, body: String) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let request = request.body(Full::from(body))?;
        let (parts, body) = self.http.request(request).await?.into_parts();
        let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        if parts.status.is_success() {
            Ok(text)
        } else {
            Err(format!("{}: {text}", parts.status).into())
        }
    }
}

fn failed(action: &str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Error {
    move |error| Error {
        action: action.to_owned(),
        message: error.to_string(),
    }
}

/// The elements of the first list of that name: `member` in ELBv2, `item` in EC2.
fn read_list(document: &Document<'_>, list: &str) -> Vec<Item> {
    let found = document.descendants().find(|node| node.tag_name().name() == list);
    let elements = found
        .into_iter()
        .flat_map(|list| list.children())
        .filter(Node::is_element);
    elements
        .map(|element| Item {
            fields: fields(element, ""),
        })
        .collect()
}

/// The texts below a node by their path; the elements of inner lists do not count as a step.
fn fields(node: Node<'_, '_>, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for child in node.children().filter(Node::is_element) {
        let path = match (child.tag_name().name(), path) {
            ("member" | "item", path) => path.to_owned(),
            (name, "") => name.to_owned(),
            (name, path) => format!("{path}/{name}"),
        };
        if child.children().any(|inner| inner.is_element()) {
            found.extend(fields(child, &path));
        } else {
            found.push((path, child.text().unwrap_or_default().to_owned()));
        }
    }
    found
}

/// The parameter that asks for the next page.
fn next_page(document: &Document<'_>) -> Option<(&'static str, String)> {
    let marker = text(document, "NextMarker").map(|marker| ("Marker", marker));
    let (name, value) = marker.or_else(|| text(document, "nextToken").map(|token| ("NextToken", token)))?;
    (!value.is_empty()).then(|| (name, value.to_owned()))
}

fn parse<'a>(action: &str, answer: &'a str) -> Result<Document<'a>, Error> {
    Document::parse(answer).map_err(|error| Error {
        action: action.to_owned(),
        message: error.to_string(),
    })
}

/// The text of the first element of that name.
fn text<'a>(document: &'a Document<'_>, name: &str) -> Option<&'a str> {
    let found = document.descendants().find(|node| node.tag_name().name() == name)?;
    found.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<R xmlns="http://aws"><Result><TargetHealthDescriptions>
        <member><Target><Id>i-1</Id><Port>31000</Port></Target><Groups><member>a</member><member>b</member></Groups></member>
        <member><Target><Id>i-2</Id></Target></member>
        </TargetHealthDescriptions><NextMarker>m</NextMarker></Result></R>"#;

    #[test]
    fn elements_are_read_by_path() {
        let items = read_list(&Document::parse(ANSWER).unwrap(), "TargetHealthDescriptions");
        assert_eq!(
            items.iter().map(|item| item.get("Target/Id")).collect::<Vec<_>>(),
            ["i-1", "i-2"]
        );
        assert_eq!(
            (items[0].get("Target/Port"), items[1].get("Target/Port")),
            ("31000", "")
        );
        assert_eq!(items[0].all("Groups").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_marker_asks_for_the_next_page() {
        assert_eq!(
            next_page(&Document::parse(ANSWER).unwrap()),
            Some(("Marker", "m".to_owned()))
        );
        assert_eq!(next_page(&Document::parse("<R><nextToken/></R>").unwrap()), None);
    }
}
