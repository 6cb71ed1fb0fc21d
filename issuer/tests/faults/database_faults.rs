//! PostgreSQL goes away in every way it can; the service is not touched, and goes on by itself.

use std::thread;
use std::time::Instant;

use crate::campaign::Scene;
use crate::cluster::{Cluster, url};
use crate::office::Office;
use crate::rounds;

fn scene(root: &tempfile::TempDir, database: &str, replicas: usize) -> Scene {
    let office = Office::make(&root.path().join("issuer"), Some(database), &root.path().join("log"));
    Scene::new(office, replicas)
}

#[test]
fn a_database_that_is_shut_down_at_once_and_started_again_is_gone_on_with() {
    let root = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::make("stopped");
    cluster.start();
    let mut scene = scene(&root, &cluster.url(), 1);
    for _ in 0..rounds() {
        scene.round(|parts| {
            parts.a_while_under_load(700);
            parts.watch.breaks();
            cluster.stop_at_once();
            thread::sleep(parts.random.millis(0, 1_500));
            cluster.start();
            parts.back(Instant::now());
        });
        scene.whole();
    }
    scene.tell("PostgreSQL shut down at once and started again");
    scene.parts.stop();
}

#[test]
fn a_database_whose_processes_are_killed_is_gone_on_with() {
    let root = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::make("killed");
    cluster.start();
    let mut scene = scene(&root, &cluster.url(), 1);
    for round in 0..rounds() {
        scene.round(|parts| {
            parts.a_while_under_load(700);
            parts.watch.breaks();
            if round % 2 == 0 {
                cluster.kill_children();
                cluster.until_up();
            } else {
                cluster.kill();
                cluster.start();
            }
            parts.back(Instant::now());
        });
        scene.whole();
    }
    scene.tell("kill -9 of all processes of PostgreSQL, every second time with its first");
    scene.parts.stop();
}

#[test]
fn a_standby_that_is_promoted_has_everything_and_is_found() {
    let root = tempfile::tempdir().unwrap();
    let (mut primary, mut standby) = (Cluster::make("first"), Cluster::place("second"));
    primary.start();
    let mut scene = scene(&root, &url(&[&primary, &standby]), 2);
    for _ in 0..rounds() {
        standby.copy(&primary);
        primary.wait_for_standby();
        scene.round(|parts| {
            parts.a_while_under_load(900);
            parts.watch.breaks();
            primary.kill();
            standby.promote();
            parts.back(Instant::now());
        });
        scene.whole();
        // The next standby is where the primary was.
        std::mem::swap(&mut primary, &mut standby);
    }
    scene.tell("primary killed, synchronous standby promoted, two replicas of the service");
    scene.parts.stop();
}
