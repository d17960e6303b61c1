//! The network between a cluster's parts, on a clock that stands still while anybody works: each request takes a time that
//! the seed decides, and one at a time arrives. So the order of all that happens follows from the seed alone, though
//! those who send are woken in no certain order.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Debug};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// Requests take from 1 ms to so many.
const SLOWEST: u64 = 8;
const TICK: Duration = Duration::from_millis(1);

/// Where requests stand in line. Clones are one.
#[derive(Clone)]
pub(crate) struct Line(Arc<Mutex<Queue>>);

struct Queue {
    seed: u64,
    origin: Instant,
    waiting: BTreeSet<Ticket>,
    /// When the last one arrived.
    arrived: u64,
    /// How many of each name there were.
    counts: HashMap<String, u64>,
    trace: Vec<String>,
    observer: Option<Observer>,
}

type Observer = Arc<dyn Fn() + Send + Sync>;

/// When it arrives, in ms from the beginning; its name, and how many of that name were before.
type Ticket = (u64, String, u64);

impl Line {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Queue {
            seed,
            origin: Instant::now(),
            waiting: BTreeSet::new(),
            arrived: 0,
            counts: HashMap::new(),
            trace: Vec::new(),
            observer: None,
        })))
    }

    /// Waits until the request of this name arrives. Those that are sent at the same time must differ in their names.
    pub(crate) async fn turn(&self, name: &str) {
        let mut place = self.join(name);
        sleep_until(self.time(place.ticket.0)).await;
        while !place.advance() {
            sleep(TICK).await;
        }
        let observer = self.queue().observer.clone();
        if let Some(observer) = observer {
            observer();
        }
    }

    /// Is called before each request is done.
    pub(crate) fn observe(&self, observer: Option<Observer>) {
        self.queue().observer = observer;
    }

    /// Writes down what is no request.
    pub(crate) fn note(&self, what: &str) {
        self.queue().note(what);
    }

    /// All that has happened, a line each.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.queue().trace.clone()
    }

    fn join(&self, name: &str) -> Place {
        let mut queue = self.queue();
        let count = queue.counts.entry(name.to_owned()).or_default();
        *count += 1;
        let count = *count;
        let mut hasher = DefaultHasher::new();
        (queue.seed, name, count).hash(&mut hasher);
        let ticket = (queue.now() + 1 + hasher.finish() % SLOWEST, name.to_owned(), count);
        queue.waiting.insert(ticket.clone());
        Place {
            line: self.clone(),
            ticket,
        }
    }

    fn time(&self, milliseconds: u64) -> Instant {
        self.queue().origin + Duration::from_millis(milliseconds)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap()
    }
}

impl Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Line")
    }
}

impl Queue {
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap()
    }

    fn note(&mut self, what: &str) {
        let line = format!("{:>9.3} {what}", Duration::from_millis(self.now()).as_secs_f64());
        self.trace.push(line);
    }
}

/// One who waits; who goes away leaves the line.
struct Place {
    line: Line,
    ticket: Ticket,
}

impl Place {
    /// Takes its turn, if it is the first and none has arrived at this time.
    fn advance(&mut self) -> bool {
        let mut queue = self.line.queue();
        let now = queue.now();
        if queue.arrived >= now || queue.waiting.first() != Some(&self.ticket) {
            return false;
        }
        queue.arrived = now;
        queue.waiting.remove(&self.ticket);
        queue.note(&self.ticket.1);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.queue().waiting.remove(&self.ticket);
    }
}
