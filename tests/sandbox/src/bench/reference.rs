//! What the figures are held against: the targets, and what the AWS Load Balancer Controller v3.5 takes in the same test
//! cluster under the same latency (30 ms a call; 50 and 200 Services of one TCP port, three nodes).

use super::figure::{Line, Quantity};

/// A target and a peer's figure, where there are any, in the unit of the quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reference {
    /// Not to be exceeded.
    pub(super) target: Option<f64>,
    /// What the peer takes.
    pub(super) peer: Option<f64>,
}

/// What a number is held against.
#[must_use]
pub(super) fn of(line: Line, quantity: Quantity) -> Reference {
    match quantity {
        Quantity::Calls | Quantity::CallsAService | Quantity::CallsAMinute => calls(line),
        Quantity::Cpu => target(0.1),
        Quantity::Resident => memory(line),
        Quantity::ToHostname
        | Quantity::ToAllHostnames
        | Quantity::ToLastCall
        | Quantity::ToGone
        | Quantity::ToFirstWrite => seconds(line),
        Quantity::CallsAServiceUntilQuiet | Quantity::ToAllProgrammed | Quantity::Anonymous | Quantity::Peak => {
            Reference::default()
        }
    }
}

fn calls(line: Line) -> Reference {
    match line {
        Line::CreateOne => both(6.0, 29.0),
        Line::UnrelatedChange => both(0.0, 0.0),
        Line::AddPort => both(4.0, 30.0),
        Line::DeleteOne => both(3.0, 19.0),
        Line::CreateMany(50) => both(6.1, 22.1),
        Line::CreateMany(200) => both(6.1, 25.4),
        Line::CreateMany(_) => target(6.1),
        Line::Restart(50) => both(0.3, 18.3),
        Line::Restart(200) => both(0.2, 24.2),
        Line::NodeJoins(50) => both(1.05, 3.06),
        Line::NodeJoins(200) => both(1.05, 2.34),
        Line::NodeJoins(_) => target(1.05),
        // One a node.
        Line::TenNodesJoin(_) => both(1.05, 10.0),
        Line::DeleteMany(50) => both(3.1, 9.5),
        Line::DeleteMany(200) => both(3.1, 10.6),
        Line::DeleteMany(_) => target(3.1),
        // The default of --audit-calls-per-minute.
        Line::Idle(_) => target(60.0),
        Line::Restart(_) | Line::Memory { .. } | Line::Failover => Reference::default(),
    }
}

fn seconds(line: Line) -> Reference {
    match line {
        Line::CreateOne => both(0.25, 0.95),
        Line::DeleteOne => peer(1.0),
        Line::CreateMany(50) => both(3.3, 16.4),
        Line::CreateMany(200) => both(9.9, 98.6),
        Line::NodeJoins(50) => both(8.0, 20.0),
        Line::NodeJoins(200) => peer(56.0),
        Line::DeleteMany(50) => both(1.8, 9.1),
        Line::DeleteMany(200) => both(14.0, 71.0),
        // The default of --leader-election-lease-duration, and one second.
        Line::Failover => target(16.0),
        _ => Reference::default(),
    }
}

fn memory(line: Line) -> Reference {
    match line {
        Line::Memory { services: 50, .. } => both(20.0, 73.0),
        Line::Memory { services: 1000, .. } => target(60.0),
        _ => Reference::default(),
    }
}

fn both(target: f64, peer: f64) -> Reference {
    Reference {
        target: Some(target),
        peer: Some(peer),
    }
}

fn target(target: f64) -> Reference {
    Reference {
        target: Some(target),
        peer: None,
    }
}

fn peer(peer: f64) -> Reference {
    Reference {
        target: None,
        peer: Some(peer),
    }
}
