//! The certificates that load balancers present. The key of an ACM certificate never leaves ACM, so for each there is
//! another one here, for the same names and signed by the data plane's own authority, which the sandbox's clients trust.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::Files;
use crate::certificates::Authority;
use crate::digest::Definition;
use crate::error::Result;
use crate::files;

/// The common name of the authority.
const AUTHORITY: &str = "Load balancers of the elbow sandbox";

/// The name of the authority's files: `ca.crt` and `ca.key`.
const FILE: &str = "ca";

/// The authority, with the directory of what it signed.
#[derive(Debug)]
pub struct Certificates {
    authority: Authority,
    directory: PathBuf,
}

impl Certificates {
    /// The authority of a directory, made at the first time: its certificate is in `ca.crt`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(directory: &Path) -> Result<Self> {
        if !directory.join(FILE).with_extension("key").is_file() {
            Authority::create(AUTHORITY)?.own().save(directory, FILE)?;
        }
        Ok(Self {
            authority: Authority::load(directory, FILE, AUTHORITY)?,
            directory: directory.join("certificates"),
        })
    }

    /// The files for certificates of these ARNs and names; those that are not there yet are made.
    ///
    /// # Errors
    /// When a name is no host name, or a file cannot be written.
    pub fn files(&self, certificates: &BTreeMap<String, Vec<String>>) -> Result<Files> {
        let file = |(arn, names): (&String, &Vec<String>)| Ok((arn.clone(), self.file(arn, names)?));
        certificates.iter().map(file).collect()
    }

    /// Other names give another file, by which a configuration that names it differs too.
    fn file(&self, arn: &str, names: &[String]) -> Result<PathBuf> {
        let definition = Definition::default().text("arn", arn);
        let definition = names.iter().fold(definition, |all, name| all.text("name", name));
        let path = self.directory.join(format!("{}.pem", definition.digits()));
        if !path.is_file() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let issued = self.authority.server(&names)?;
            files::write(&path, issued.certificate + &issued.key)?;
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_certificate_stays_the_same_over_restarts_until_its_names_change() {
        let scratch = Scratch::new();
        let named = |name: &str| BTreeMap::from([("arn".to_owned(), vec![name.to_owned()])]);
        let read = |name: &str| {
            let files = Certificates::open(scratch.path()).unwrap().files(&named(name)).unwrap();
            let path = files.certificate("arn").unwrap();
            (path.to_owned(), files::read(path).unwrap())
        };
        let first = read("shop.example");
        assert_eq!(read("shop.example"), first);
        assert_ne!(read("other.example").0, first.0);
        assert!(first.1.contains("BEGIN CERTIFICATE") && first.1.contains("BEGIN PRIVATE KEY"));
    }
}
