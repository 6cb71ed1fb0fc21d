//! An ext4 file system on a loop device, whose power is cut or which is filled.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Unmounted and taken away when dropped.
pub(crate) struct Disk {
    root: tempfile::TempDir,
    mount_point: PathBuf,
}

impl Disk {
    /// # Errors
    /// What this machine lacks.
    pub(crate) fn new(megabytes: u64) -> Result<Self, String> {
        let root = tempfile::tempdir().unwrap();
        let mount_point = root.path().join("disk");
        fs::create_dir(&mount_point).unwrap();
        File::create(root.path().join("image")).unwrap().set_len(megabytes * 1024 * 1024).unwrap();
        let disk = Self { root, mount_point };
        // Nothing is held back for root, who runs these tests.
        run(Command::new("mkfs.ext4").args(["-q", "-m", "0"]).arg(disk.image()))?;
        disk.mount()?;
        Ok(disk)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mount_point
    }

    fn image(&self) -> PathBuf {
        self.root.path().join("image")
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(&self.mount_point))
    }

    /// From here on nothing reaches the image, nor does what the journal holds in memory (EXT4_IOC_SHUTDOWN with
    /// EXT4_GOING_FLAGS_NOLOGFLUSH).
    pub(crate) fn cut_power(&self) {
        let script = "import fcntl, os, struct, sys\n\
                      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
        run(Command::new("python3").args(["-c", script]).arg(&self.mount_point)).unwrap();
    }

    /// The machine starts again.
    pub(crate) fn remount(&self) {
        // Whoever was killed may hold the mount for a moment.
        let began = Instant::now();
        while !unmount(&self.mount_point) {
            assert!(began.elapsed() < Duration::from_secs(120), "cannot unmount");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.mount().unwrap();
    }

    /// Takes all room but so many bytes.
    pub(crate) fn fill(&self, left: usize) {
        let mut room = File::create(self.mount_point.join("room")).unwrap();
        room.write_all(&vec![0; left]).unwrap();
        room.sync_all().unwrap();
        let mut file = File::create(self.mount_point.join("filling")).unwrap();
        let mut piece = 1024 * 1024;
        while piece >= 1024 {
            match file.write_all(&vec![1; piece]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => piece /= 2,
                Err(error) => panic!("{error}"),
            }
        }
        let _ = file.sync_all();
        fs::remove_file(self.mount_point.join("room")).unwrap();
    }

    /// Gives the room back.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.mount_point.join("filling")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let began = Instant::now();
        while !unmount(&self.mount_point) && began.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn unmount(path: &Path) -> bool {
    Command::new("umount").arg(path).stderr(Stdio::null()).status().unwrap().success()
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
