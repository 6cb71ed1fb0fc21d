//! kill -9: the service with the embedded store, under load and while it starts; and one of two replicas.

use std::thread;
use std::time::{Duration, Instant};

use crate::campaign::{Parts, Scene};
use crate::cluster::Cluster;
use crate::office::Office;
use crate::rounds;

/// Rounds with one issuer: the whole store is read after each.
const ROUNDS_OF_AN_ISSUER: u64 = 10;

fn campaign(what: &str, fault: impl Fn(&mut Parts)) {
    let mut left = rounds();
    while left > 0 {
        let root = tempfile::tempdir().unwrap();
        let office = Office::make(&root.path().join("issuer"), None, &root.path().join("log"));
        let mut scene = Scene::new(office, 1);
        for _ in 0..left.min(ROUNDS_OF_AN_ISSUER) {
            scene.round(&fault);
            scene.parts.stop();
            scene.whole();
        }
        left = left.saturating_sub(ROUNDS_OF_AN_ISSUER);
        scene.tell(what);
    }
}

#[test]
fn a_service_that_is_killed_under_load_loses_nothing() {
    campaign("kill -9 under load, embedded store", |parts| {
        parts.a_while_under_load(900);
        parts.watch.breaks();
        parts.kill(0);
        let killed = Instant::now();
        parts.start();
        parts.back(killed);
    });
}

#[test]
fn a_service_that_is_killed_while_it_starts_comes_up_the_next_time() {
    campaign("kill -9 under load and twice while starting, embedded store", |parts| {
        parts.a_while_under_load(600);
        parts.watch.breaks();
        parts.kill(0);
        for _ in 0..2 {
            let mut child = parts.office.launch();
            thread::sleep(parts.random.millis(1, 700));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let killed = Instant::now();
        parts.start();
        parts.back(killed);
    });
}

#[test]
fn a_replica_that_is_killed_in_a_job_is_followed_by_the_other() {
    let root = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::make("replicas");
    cluster.start();
    let office = Office::make(&root.path().join("issuer"), Some(&cluster.url()), &root.path().join("log"));
    let mut scene = Scene::new(office, 2);
    for _ in 0..rounds() {
        // The one that took the job works on it.
        scene.round(|parts| {
            parts.until_the_job_signs();
            thread::sleep(parts.random.millis(0, 80));
            parts.watch.breaks();
            parts.kill(0);
            let killed = Instant::now();
            parts.back(killed);
            thread::sleep(Duration::from_millis(400));
        });
        scene.whole();
    }
    scene.tell("kill -9 of one of two replicas in a job, PostgreSQL");
    scene.parts.stop();
}
