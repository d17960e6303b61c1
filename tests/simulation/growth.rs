//! How the number of calls grows with the number of Services: no line faster than its work. The table is printed:
//! `cargo test --test simulation growth -- --nocapture`.

use std::time::Duration;

use elbow::provider::LoadBalancerProvider;
use elbow::service::Service;
use futures::future::join_all;
use tokio::time::advance;

use crate::world::{AUDIT_CALLS, World, nodes, service};

/// Numbers of Services, each ten times the one before.
const SIZES: [u16; 3] = [10, 100, 1000];
/// Services of ELBv2 are described by so many at a time, and their tags read likewise
/// (AWS documentation, `DescribeTags`): what a look at all of them costs for each.
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
    /// A restart, until a new Service is served.
    restart: usize,
    /// A node joins.
    node: usize,
    /// An hour in which nothing changes.
    idle_hour: usize,
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
        let idle_hour = calls(&world, idle(&world)).await;
        let add_port = calls(&world, world.ensure(&service("web-0", &[(80, 30100), (443, 32000)]))).await;
        world.ensure(&services[0]).await.unwrap();
        world.restart();
        let restart = calls(&world, world.ensure(&service("fresh", &[(80, 32001)]))).await;
        serve_all(&world, &mut services).await;
        world.nodes = nodes(1..=4);
        let node = serve_all(&world, &mut services).await;
        let one = services.pop().unwrap();
        let delete_one = calls(&world, world.remove(&one)).await;
        let delete = calls(&world, join_all(services.iter().map(|one| world.remove(one)))).await;
        Self {
            create,
            unchanged,
            add_port,
            restart,
            node,
            idle_hour,
            delete_one,
            delete,
        }
    }

    /// Each line by its name, and how many calls it may take for so many Services: what it has to do for each, and what
    /// it has to do once.
    fn lines(&self, size: usize) -> [(&'static str, usize, usize); 8] {
        let hour = usize::try_from(AUDIT_CALLS * 61).unwrap();
        // Load balancers and target groups of each, in pages of tags; then what is shared, and the new Service's own six.
        let look = (2 * size).div_ceil(TAGS_AT_ONCE) + size.div_ceil(100);
        [
            ("create all at once", self.create, 6 * size + 5),
            ("nothing changed", self.unchanged, 0),
            ("add a port to one", self.add_port, 4),
            ("restart, until a new Service is served", self.restart, look + 20),
            ("a node joins", self.node, size + 2),
            ("an hour without changes", self.idle_hour, hour + TAGS_AT_ONCE),
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
    for _ in 0..60 {
        advance(Duration::from_mins(1)).await;
        world.provider.audit().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_grows_faster_than_its_work() {
    let mut table = vec!["| AWS calls for so many Services |".to_owned(), "| --- |".to_owned()];
    for size in SIZES {
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
