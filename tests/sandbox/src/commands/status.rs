//! `cargo sandbox status`: what runs, where, and where its logs are.

use std::path::Path;

use crate::environment;
use crate::error::Result;
use crate::nodes::real::RealNode;
use crate::process::Record;
use crate::state::Sandbox;
use crate::terraform::infrastructure::Instance;

/// Describes the sandbox in `directory`; [`crate::error::Error::NoSandbox`] when there is none.
pub async fn status(directory: &Path) -> Result<String> {
    let sandbox = Sandbox::load(directory)?;
    let layout = sandbox.layout()?;
    let health = if sandbox.is_healthy().await? {
        "up"
    } else {
        "broken: `cargo sandbox up` starts it afresh"
    };
    let mut text = format!("sandbox in {}: {health}\n\n", layout.root().display());
    for record in Record::all(&layout)? {
        text.push_str(&process_line(&record));
    }
    text.push('\n');
    for (name, value) in environment::variables(&sandbox) {
        text.push_str(&format!("{name:<28}{value}\n"));
    }
    text.push_str(&nodes(&sandbox)?);
    text.push_str(&format!("\nshell exports: {}\n", layout.environment().display()));
    Ok(text)
}

/// A line for each node; for a real one with what it is doing.
fn nodes(sandbox: &Sandbox) -> Result<String> {
    let line = |instance: &Instance, state: &str| {
        format!(
            "{:<28}{} {} {} {state}\n",
            "node", instance.private_dns, instance.id, instance.zone
        )
    };
    if sandbox.nodes.is_none() {
        return Ok(sandbox
            .infrastructure
            .instances
            .iter()
            .map(|instance| line(instance, "stand-in"))
            .collect());
    }
    let layout = sandbox.layout()?;
    let mut text = String::new();
    for node in RealNode::all(&layout)? {
        let state = if node.is_running(&layout)? {
            "running"
        } else {
            "stopped"
        };
        text.push_str(&line(&node.instance, state));
        text.push_str(&format!(
            "{:<28}{}\n",
            "",
            node.directory(&layout).join("logs").display()
        ));
    }
    Ok(text)
}

fn process_line(record: &Record) -> String {
    let state = if record.process().is_alive() {
        "running"
    } else {
        "ended"
    };
    format!(
        "{:<28}{state:<9}pid {:<9}{}\n",
        record.name(),
        record.process().pid(),
        record.log().display()
    )
}
