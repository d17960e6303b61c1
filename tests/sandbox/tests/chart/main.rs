//! The chart `charts/elbow`: what it renders, what it refuses, and that its documentation tells the truth.
//!
//! `cargo sandbox test` runs these tests; it has helm, and names it in `ELBOW_SANDBOX_HELM`.

mod access;
mod arguments;
mod helm;
mod pods;
mod readme;
mod values;
