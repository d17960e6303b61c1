//! Programs built from a pinned Go module: a folder with a `go.mod` whose `tool` lines name them.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::cache::Cache;
use crate::digest::Definition;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::{checkout, files, run};

/// Smaller binaries: nobody runs a debugger on them.
const STRIP: &str = "-s -w";

/// One Go module under `tools/`.
#[derive(Debug)]
pub struct GoModule {
    name: String,
    directory: PathBuf,
    linker_flags: String,
    rename: Option<(&'static str, &'static str)>,
    c: Option<C>,
    tests: Option<Tests>,
}

/// The tests of a package, as a program.
#[derive(Debug)]
struct Tests {
    package: &'static str,
    program: &'static str,
}

/// What a module with C in it is built with.
#[derive(Debug)]
struct C {
    tags: &'static str,
    /// Debian packages with headers and static libraries, unpacked.
    libraries: PathBuf,
}

impl GoModule {
    /// The module `tools/NAME`; `settings` are the linker's `-X` values, such as a version, made from that of `requirement`.
    pub fn new(name: &str, requirement: &str, settings: fn(&str) -> Vec<String>) -> Result<Self> {
        let directory = checkout::go_module(name);
        let version = required_version(&files::read(&directory.join("go.mod"))?, requirement).unwrap_or_default();
        let settings = settings(&version);
        let linker_flags = settings
            .iter()
            .fold(STRIP.to_owned(), |flags, setting| format!("{flags} -X {setting}"));
        Ok(Self {
            name: name.to_owned(),
            directory,
            linker_flags,
            rename: None,
            c: None,
            tests: None,
        })
    }

    /// The module `tools/NAME`, whose programs know their version by themselves.
    pub fn plain(name: &str) -> Result<Self> {
        Self::new(name, "", |_| Vec::new())
    }

    /// Builds with a C compiler and the static libraries of unpacked Debian packages, under Go's build tags `tags`.
    #[must_use]
    pub fn with_c(mut self, tags: &'static str, libraries: &Path) -> Self {
        self.linker_flags.push_str(" -linkmode external -extldflags -static");
        let libraries = libraries.to_owned();
        Self {
            c: Some(C { tags, libraries }),
            ..self
        }
    }

    /// Gives a program another name than Go does.
    #[must_use]
    pub fn renaming(self, program: &'static str, wanted: &'static str) -> Self {
        Self {
            rename: Some((program, wanted)),
            ..self
        }
    }

    /// Makes a program of the tests of a package too.
    #[must_use]
    pub fn with_tests(self, package: &'static str, program: &'static str) -> Self {
        Self {
            tests: Some(Tests { package, program }),
            ..self
        }
    }

    /// The version of the module of that name that is built from, such as `v1.36.3`.
    pub fn requires(&self, requirement: &str) -> Result<Option<String>> {
        let go_mod = files::read(&self.directory.join("go.mod"))?;
        Ok(required_version(&go_mod, requirement))
    }

    /// The directory with the built programs, each under the last part of its package path that is not a version.
    pub async fn build(&self, cache: &Cache, log: &Path, progress: &Progress) -> Result<PathBuf> {
        let name = format!("{}-{}", self.name, self.definition()?.digits());
        let build = async |target: &Path| {
            let what = format!("building {} from Go sources", self.name);
            let build = async {
                run::to_end(&what, self.install_into(target), log).await?;
                match &self.tests {
                    Some(tests) => run::to_end(&what, self.compile(tests, target), log).await,
                    None => Ok(()),
                }
            };
            progress.step(&what, Some(log), build).await?;
            self.rename_in(target)
        };
        cache.entry(&name, build).await
    }

    fn definition(&self) -> Result<Definition> {
        let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        let definition = Definition::default()
            .directory(&self.directory)?
            .text("linker flags", &self.linker_flags)
            .text("tags", self.c.as_ref().map_or("", |c| c.tags))
            .text("platform", &platform);
        Ok(match &self.tests {
            Some(tests) => definition.text(tests.program, tests.package),
            None => definition,
        })
    }

    fn rename_in(&self, target: &Path) -> Result<()> {
        let Some((program, wanted)) = self.rename else {
            return Ok(());
        };
        let built = target.join(program);
        std::fs::rename(&built, target.join(wanted)).map_err(Error::file("rename", &built))
    }

    fn install_into(&self, target: &Path) -> Command {
        let mut command = self.go(&["install"]);
        command.env("GOBIN", target).arg("tool");
        command
    }

    fn compile(&self, tests: &Tests, target: &Path) -> Command {
        let mut command = self.go(&["test", "-c"]);
        command.arg("-o").arg(target.join(tests.program)).arg(tests.package);
        command
    }

    fn go(&self, subcommand: &[&str]) -> Command {
        let mut command = Command::new("go");
        command.args(subcommand);
        command.args(["-v", "-trimpath", "-buildvcs=false", "-ldflags", &self.linker_flags]);
        command.current_dir(&self.directory);
        match &self.c {
            None => command.env("CGO_ENABLED", "0"),
            Some(c) => c.enable(&mut command),
        };
        // These would build for another machine, or from other sources than the pinned ones.
        command
            .env_remove("GOOS")
            .env_remove("GOARCH")
            .env("GOFLAGS", "-mod=readonly")
            .env("GOWORK", "off");
        command
    }
}

impl C {
    /// pkg-config is told to look at the unpacked packages only (pkg-config(1)).
    fn enable<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let definitions = format!("usr/lib/{}-linux-gnu/pkgconfig", std::env::consts::ARCH);
        command
            .arg(format!("-tags={}", self.tags))
            .env("CGO_ENABLED", "1")
            .env("PKG_CONFIG_SYSROOT_DIR", &self.libraries)
            .env("PKG_CONFIG_LIBDIR", self.libraries.join(definitions))
    }
}

/// The version that a `go.mod` requires of a module.
fn required_version(go_mod: &str, module: &str) -> Option<String> {
    let mut requirements = go_mod.lines().map(|line| line.trim().trim_start_matches("require "));
    requirements.find_map(|line| {
        let (name, version) = line.split_once(' ')?;
        (name == module && version.starts_with('v')).then(|| version.split(' ').next().unwrap_or(version).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_required_version_is_read_from_the_module_file() {
        let go_mod = "module m\nrequire (\n\tk8s.io/api v0.36.3 // indirect\n\tk8s.io/kubernetes v1.36.3\n)\nreplace (\n\tk8s.io/api => k8s.io/api v0.36.3\n)";
        assert_eq!(
            required_version(go_mod, "k8s.io/kubernetes").as_deref(),
            Some("v1.36.3")
        );
        assert_eq!(required_version(go_mod, "k8s.io/api").as_deref(), Some("v0.36.3"));
        assert_eq!(required_version(go_mod, "k8s.io/kube"), None);
        assert_eq!(
            required_version("require helm.sh/helm/v4 v4.3.1", "helm.sh/helm/v4").as_deref(),
            Some("v4.3.1")
        );
    }
}
