//! Looking into the XML of answers: `member` lists in ELBv2, `item` lists in EC2.

use std::str::FromStr;

use roxmltree::{Document, Node};

use super::Malformed;

/// An element of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a>(Node<'a, 'a>);

/// The parsed pages of an answer.
pub(super) struct Pages<'a>(Vec<Document<'a>>);

impl<'a> Pages<'a> {
    pub(super) fn parse(pages: &'a [String]) -> Result<Self, Malformed> {
        let documents = pages.iter().map(|page| Document::parse(page));
        let documents: Result<Vec<_>, _> = documents.collect();
        documents.map(Self).map_err(|error| Malformed(error.to_string()))
    }

    /// The elements of the outermost lists of that name, over all pages.
    pub(super) fn list(&'a self, name: &'a str) -> impl Iterator<Item = Element<'a>> {
        let lists = self.0.iter().filter_map(move |document| {
            let mut nodes = document.descendants();
            nodes.find(|node| node.tag_name().name() == name)
        });
        lists.flat_map(|list| list.children().filter(Node::is_element).map(Element))
    }
}

impl<'a> Element<'a> {
    /// The element at a path such as `Matcher/HttpCode`; the first where there are several.
    pub(super) fn at(self, path: &str) -> Option<Self> {
        path.split('/').try_fold(self, |element, name| {
            let mut children = element.0.children();
            children.find(|node| node.tag_name().name() == name).map(Element)
        })
    }

    /// The text at a path; empty when there is none.
    pub(super) fn text(self, path: &str) -> &'a str {
        self.at(path).map_or("", Self::content)
    }

    /// The element's own text; empty when there is none.
    pub(super) fn content(self) -> &'a str {
        self.0.text().unwrap_or_default().trim()
    }

    /// The elements of the list at a path.
    pub(super) fn list(self, path: &str) -> impl Iterator<Item = Self> {
        let children = self.at(path).into_iter().flat_map(|list| list.0.children());
        children.filter(Node::is_element).map(Element)
    }

    /// The texts of the list at a path.
    pub(super) fn texts(self, path: &str) -> Vec<String> {
        self.list(path).map(|element| element.content().to_owned()).collect()
    }

    /// The value at a path; [`Malformed`] when it is absent or of another form.
    pub(super) fn value<T: FromStr>(self, path: &str) -> Result<T, Malformed> {
        let text = self.text(path);
        let name = self.0.tag_name().name();
        text.parse()
            .map_err(|_| Malformed(format!("{name}/{path} is {text:?}")))
    }

    /// The value at a path; none when it is absent or of another form.
    pub(super) fn optional<T: FromStr>(self, path: &str) -> Option<T> {
        self.text(path).parse().ok()
    }
}
