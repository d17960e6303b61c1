//! A tree of texts.

/// A text with what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tree {
    /// One line.
    pub(super) text: String,
    /// What is below.
    pub(super) branches: Vec<Tree>,
}

impl Tree {
    /// A tree without branches.
    pub(super) fn leaf(text: String) -> Self {
        Self {
            text,
            branches: Vec::new(),
        }
    }

    /// Draws the tree, one line each.
    pub(super) fn draw(&self) -> String {
        let mut drawing = format!("{}\n", self.text);
        self.draw_below("", &mut drawing);
        drawing
    }

    fn draw_below(&self, margin: &str, drawing: &mut String) {
        for (index, branch) in self.branches.iter().enumerate() {
            let last = index + 1 == self.branches.len();
            let (fork, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            drawing.extend([margin, fork, &branch.text, "\n"]);
            branch.draw_below(&format!("{margin}{below}"), drawing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_drawn_below_their_trunk() {
        let leaf = |text: &str| Tree::leaf(text.to_owned());
        let fork = |text: &str, branches| Tree {
            text: text.to_owned(),
            branches,
        };
        let tree = fork(
            "a",
            vec![fork("b", vec![leaf("c")]), fork("d", vec![leaf("e"), leaf("f")])],
        );
        assert_eq!(tree.draw(), "a\n├─ b\n│  └─ c\n└─ d\n   ├─ e\n   └─ f\n");
    }
}
