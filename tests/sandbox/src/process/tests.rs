use std::time::Duration;

use super::*;
use crate::scratch::Scratch;
use crate::wait;

fn layout(scratch: &Scratch) -> Layout {
    let layout = Layout::new(&scratch.path().join("state")).unwrap();
    layout.create().unwrap();
    layout
}

fn shell(name: &str, script: &str) -> Detached {
    Detached::new(name, "/bin/sh").argument("-c").argument(script)
}

async fn wait_for_log(record: &Record, text: &str) {
    let logged = async || std::fs::read_to_string(record.log()).is_ok_and(|log| log.contains(text));
    wait::until(text, Duration::from_secs(10), logged).await.unwrap();
}

#[tokio::test]
async fn a_started_process_is_recorded_and_stopped() {
    let scratch = Scratch::new();
    let layout = layout(&scratch);
    let record = shell("sleeper", "echo ready; exec sleep 600").start(&layout).unwrap();
    wait_for_log(&record, "ready").await;
    assert_eq!(Record::all(&layout).unwrap(), std::slice::from_ref(&record));
    assert!(record.process().is_alive());

    stop_all(&layout).await.unwrap();
    assert!(!record.process().is_alive());
    assert_eq!(Record::all(&layout).unwrap(), []);
}

#[tokio::test]
async fn a_process_that_ignores_sigterm_is_killed_after_its_grace_period() {
    let scratch = Scratch::new();
    let layout = layout(&scratch);
    let stubborn =
        shell("stubborn", "trap '' TERM; echo ready; while :; do sleep 1; done").grace(Duration::from_millis(100));
    let record = stubborn.start(&layout).unwrap();
    wait_for_log(&record, "ready").await;
    stop_all(&layout).await.unwrap();
    assert!(!record.process().is_alive());
}

#[tokio::test]
async fn children_of_a_process_are_stopped_with_it() {
    let scratch = Scratch::new();
    let layout = layout(&scratch);
    let record = shell("parent", "(trap '' TERM; exec sleep 600) & echo child $!; wait")
        .start(&layout)
        .unwrap();
    wait_for_log(&record, "child").await;
    let log = files::read(record.log()).unwrap();
    let child: u32 = log.trim().strip_prefix("child ").unwrap().parse().unwrap();
    stop_all(&layout).await.unwrap();
    wait::until("the end of the child", Duration::from_secs(10), async || {
        Identity::of(child).is_none()
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn waiting_for_a_process_that_ends_shows_the_end_of_its_log() {
    let scratch = Scratch::new();
    let record = shell("broken", "echo no such flag; sleep 0.1; exit 1")
        .start(&layout(&scratch))
        .unwrap();
    let error = record
        .ready(Duration::from_secs(30), async || false)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("broken ended"), "{error}");
    assert!(error.contains("    no such flag"), "{error}");
}

#[tokio::test]
async fn the_variables_reach_the_process() {
    let scratch = Scratch::new();
    let record = shell("printer", "echo got $COLOUR; exec sleep 600").variable("COLOUR", "green");
    let layout = layout(&scratch);
    let record = record.start(&layout).unwrap();
    wait_for_log(&record, "got green").await;
    stop_all(&layout).await.unwrap();
}
