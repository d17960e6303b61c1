//! What follows from each picture: certificates, the configuration, and a program that runs as long as anything is proxied.

use std::path::PathBuf;

use super::certificates::Certificates;
use super::configuration::Configuration;
use super::error::Error;
use super::run::Haproxy;
use crate::data_plane::Picture;
use crate::debian::Program;

/// The proxy of all load balancers.
#[derive(Debug)]
pub struct Proxy {
    program: Program,
    directory: PathBuf,
    certificates: Certificates,
    running: Option<Haproxy>,
}

impl Proxy {
    /// A proxy with its files in the directory: `haproxy.cfg`, `haproxy.log`, `ca.crt`, `certificates`.
    ///
    /// # Errors
    /// When the authority of the certificates can neither be read nor made.
    pub fn new(program: Program, directory: PathBuf) -> Result<Self, Error> {
        let certificates = Certificates::open(&directory)?;
        Ok(Self {
            program,
            directory,
            certificates,
            running: None,
        })
    }

    /// Does as the picture has it; the addresses must be there. Before anything is proxied for the first time, no program
    /// runs.
    ///
    /// # Errors
    /// What was in force stays in force, whatever the error.
    pub async fn apply(&mut self, picture: &Picture) -> Result<(), Error> {
        let files = self.certificates.files(&picture.model.certificates)?;
        let wanted = Configuration::of(picture, &files);
        // One that ended, whatever the reason, is started again.
        self.running.take_if(|running| !running.is_alive());
        if self.running.is_none() {
            if wanted == Configuration::default() {
                return Ok(());
            }
            let log = self.directory.join("haproxy.log");
            self.running = Some(Haproxy::start(self.program.clone(), &self.directory, &log).await?);
        }
        match &mut self.running {
            Some(running) => running.apply(wanted).await,
            None => Ok(()),
        }
    }

    /// The program, once something is proxied.
    #[must_use]
    pub fn running(&self) -> Option<&Haproxy> {
        self.running.as_ref()
    }
}
