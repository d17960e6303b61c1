//! How the number of calls grows with the number of Services: no line faster than its work. The table is printed, see
//! `cargo sandbox bench --only growth`.

use std::time::Duration;

use elbow::provider::LoadBalancerProvider;
use elbow::service::Service;
use futures::future::join_all;
use tokio::time::advance;

use crate::world::{AUDIT_CALLS, World, nodes, service};

/// Resources whose tags are read in one call (ELBv2 API reference, `DescribeTags`): the part of a look at everything that
/// grows with the number of Services.
const TAGS_AT_ONCE: usize = 20;

/// The calls of each line for one number of Services.
#[derive(Debug, Default)]
struct Costs {
    /// Create all at once.
    create: usize,
    /// Change nothing.
    unchanged: usize,
    /// Change one.
    add_port: usize,
    /// A node joins.
    node: usize,
    /// A restart, until a new Service is served.
    restart: usize,
    /// After that, until all others were passed over.
    others: usize,
    /// Another node joins before the audit has read what the restart left unread.
    node_after: usize,
    /// Ten minutes in which nothing changes.
    idle: usize,
    /// Delete one.
    delete_one: usize,
    /// Delete all at once.
    delete: usize,
}

impl Costs {
    async fn of(size: u16) -> Self {
        let mut world = World::warm().await;
        let mut services: Vec<_> = (0..size)
            .map(|number| service(&format!("web-{number}"), &[(80, 30100 + number)]))
            .collect();
        let create = serve_all(&world, &mut services).await;
        let unchanged = serve_all(&world, &mut services).await;
        let idle = calls(&world, idle(&world)).await;
        let mut grown = service("web-0", &[(80, 30100), (443, 32000)]);
        let add_port = calls(&world, world.serve(&mut grown)).await;
        world.serve(&mut services[0]).await;
        world.nodes = nodes(1..=4);
        let node = serve_all(&world, &mut services).await;
        world.restart();
        let mut fresh = service("fresh", &[(80, 32001)]);
        let restart = calls(&world, world.serve(&mut fresh)).await;
        let others = serve_all(&world, &mut services).await;
        world.nodes = nodes(1..=5);
        let node_after = serve_all(&world, &mut services).await;
        let one = services.pop().unwrap();
        let delete_one = calls(&world, world.remove(&one)).await;
        let delete = calls(&world, join_all(services.iter().map(|one| world.remove(one)))).await;
        Self {
            create,
            unchanged,
            add_port,
            node,
            restart,
            others,
            node_after,
            idle,
            delete_one,
            delete,
        }
    }

    /// Each line by its name, and how many calls it may take for so many Services: what it has to do for each, and what
    /// it has to do once.
    fn lines(&self, size: usize) -> [(&'static str, usize, usize); 10] {
        let budget = usize::try_from(AUDIT_CALLS * 11).unwrap();
        // Load balancers and target groups of each, in pages of tags; then what is shared, and the new Service's own six.
        let look = (2 * size).div_ceil(TAGS_AT_ONCE) + size.div_ceil(100);
        [
            ("create all at once", self.create, 6 * size + 5),
            ("nothing changed", self.unchanged, 0),
            ("add a port to one", self.add_port, 4),
            ("a node joins", self.node, size + 2),
            ("restart, until a new Service is served", self.restart, look + 20),
            ("after that, until all were passed over", self.others, 0),
            // Before anything is written, what is presumed is read.
            ("a node joins right after that", self.node_after, 6 * size + 2),
            // One piece of work may overdraw the budget, which later rounds make up for.
            ("ten minutes without changes", self.idle, budget + look),
            ("delete one", self.delete_one, 3),
            ("delete the rest at once", self.delete, 3 * (size - 1)),
        ]
    }
}

/// Everybody at once, and again where somebody is told to wait; the calls of it.
async fn serve_all(world: &World, services: &mut [Service]) -> usize {
    calls(world, join_all(services.iter_mut().map(|one| world.serve(one)))).await
}

async fn calls<T>(world: &World, work: impl Future<Output = T>) -> usize {
    let (_, calls) = world.calls_of(work).await;
    calls.len()
}

async fn idle(world: &World) {
    for _ in 0..10 {
        advance(Duration::from_mins(1)).await;
        world.provider.audit().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_grows_faster_than_its_work() {
    grow(&[10, 100]).await;
}

/// Checks and prints the lines for each of these numbers of Services.
async fn grow(sizes: &[u16]) {
    let mut table = vec!["| AWS calls for so many Services |".to_owned(), "| --- |".to_owned()];
    for &size in sizes {
        let costs = Costs::of(size).await;
        let size = usize::from(size);
        let lines = costs.lines(size);
        table.resize(lines.len() + 2, String::new());
        table[0] += &format!(" {size} |");
        table[1] += " --: |";
        for (row, (line, calls, most)) in table[2..].iter_mut().zip(lines) {
            if row.is_empty() {
                *row = format!("| {line} |");
            }
            *row += &format!(" {calls} |");
            assert!(
                calls <= most,
                "{line} with {size} Services: {calls} calls, and {most} are its work"
            );
        }
    }
    println!("\n{}", table.join("\n"));
}

/// Half a minute.
mod long {
    #[tokio::test(start_paused = true)]
    #[ignore = "takes half a minute: run by cargo sandbox test --long and cargo sandbox bench"]
    async fn no_line_grows_faster_than_its_work_up_to_a_thousand_services() {
        super::grow(&[10, 100, 1000]).await;
    }
}
