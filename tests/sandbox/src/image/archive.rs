//! An image as one file, in the layout that `ctr images import` reads.
//!
//! Formats: the OCI Image Format Specification 1.1 (image-layout, index, manifest, config), and containerd's annotation
//! `io.containerd.image.name`, by which an import names the image.

use std::io;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType};

use super::tree::{Tree, header};

/// Media types of the OCI Image Format Specification.
mod media_type {
    pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its files.
    pub tree: Tree,
    /// What is started, with its first arguments; a Pod's `args` follow them.
    pub entrypoint: Vec<String>,
    /// The user and the group that it runs as, unless the Pod says otherwise. A number, so that the kubelet can tell that it
    /// is not root.
    pub user: u32,
}

/// What an image is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// The full name, `HOST/PATH:TAG`.
    Tagged(&'a str),
    /// `HOST/PATH`; the tag is made from the content, so that other content has another name.
    Repository(&'a str),
}

impl Name<'_> {
    fn of(&self, hash: &str) -> String {
        match self {
            Self::Tagged(name) => (*name).to_owned(),
            Self::Repository(repository) => {
                let tag: String = hash.chars().take(TAG_DIGITS).collect();
                format!("{repository}:{tag}")
            }
        }
    }
}

/// How many digits of the digest are in a tag made from it.
const TAG_DIGITS: usize = 16;

/// An image in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its full name.
    pub name: String,
    /// The file: a tar archive.
    pub bytes: Vec<u8>,
    /// The digest of the image's manifest, `sha256:` and 64 hexadecimal digits; equal images have equal digests, whatever their
    /// names.
    pub digest: String,
}

impl Image {
    /// The image under a name, for the kind of machine that this program was built for.
    ///
    /// # Errors
    /// As [`Tree::layer`].
    pub fn archive(&self, name: &Name) -> io::Result<Archive> {
        let [layer, config, manifest] = self.blobs()?;
        let name = name.of(&manifest.hash);
        let mut archive = Builder::new(Vec::new());
        append(
            &mut archive,
            "oci-layout",
            json!({"imageLayoutVersion": "1.0.0"}).to_string().as_bytes(),
        )?;
        append(
            &mut archive,
            "index.json",
            index(&name, &manifest).to_string().as_bytes(),
        )?;
        for blob in [&layer, &config, &manifest] {
            append(&mut archive, &format!("blobs/sha256/{}", blob.hash), &blob.content)?;
        }
        Ok(Archive {
            bytes: archive.into_inner()?,
            digest: manifest.digest(),
            name,
        })
    }

    fn blobs(&self) -> io::Result<[Blob; 3]> {
        let layer = Blob::new(media_type::LAYER, self.tree.layer()?);
        let config = Blob::json(media_type::CONFIG, &self.config(&layer));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        });
        let manifest = Blob::json(media_type::MANIFEST, &manifest);
        Ok([layer, config, manifest])
    }

    fn config(&self, layer: &Blob) -> Value {
        json!({
            "architecture": architecture(),
            "os": "linux",
            "config": {
                "Entrypoint": self.entrypoint,
                "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                "User": format!("{0}:{0}", self.user),
                "WorkingDir": "/",
            },
            "rootfs": {"type": "layers", "diff_ids": [layer.digest()]},
        })
    }
}

fn index(name: &str, manifest: &Blob) -> Value {
    let mut descriptor = manifest.descriptor();
    descriptor["annotations"] = json!({"io.containerd.image.name": name});
    descriptor["platform"] = json!({"architecture": architecture(), "os": "linux"});
    json!({"schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [descriptor]})
}

/// The name that Go, and so the OCI specification, has for the machine.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn append(archive: &mut Builder<Vec<u8>>, path: &str, content: &[u8]) -> io::Result<()> {
    let size = content.len().try_into().unwrap_or(u64::MAX);
    archive.append_data(&mut header(EntryType::Regular, 0o644, size), path, content)
}

/// A part of an image, named by its content.
struct Blob {
    media_type: &'static str,
    hash: String,
    content: Vec<u8>,
}

impl Blob {
    fn new(media_type: &'static str, content: Vec<u8>) -> Self {
        let hash = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            media_type,
            hash,
            content,
        }
    }

    fn json(media_type: &'static str, value: &Value) -> Self {
        Self::new(media_type, value.to_string().into_bytes())
    }

    fn digest(&self) -> String {
        format!("sha256:{}", self.hash)
    }

    fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest(), "size": self.content.len()})
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    fn image(content: &str) -> Image {
        Image {
            tree: Tree::default().program("/tool", content),
            entrypoint: vec!["/tool".to_owned(), "run".to_owned()],
            user: 65532,
        }
    }

    fn files(archive: &Archive) -> BTreeMap<String, Vec<u8>> {
        let mut reader = tar::Archive::new(archive.bytes.as_slice());
        let entries = reader.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        entries.collect()
    }

    /// The content that a descriptor points to, once its digest and size are found to be right.
    fn blob(files: &BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Vec<u8> {
        let digest = descriptor["digest"].as_str().unwrap();
        let content = &files[&format!("blobs/{}", digest.replace(':', "/"))];
        assert_eq!(descriptor["size"], json!(content.len()));
        assert_eq!(Blob::new("", content.clone()).digest(), digest);
        content.clone()
    }

    #[test]
    fn an_archive_leads_from_its_index_to_the_files_of_the_image() {
        let archive = image("code").archive(&Name::Tagged("registry.local/tool:1")).unwrap();
        let files = files(&archive);
        assert_eq!(files["oci-layout"], br#"{"imageLayoutVersion":"1.0.0"}"#);

        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        let descriptor = &index["manifests"][0];
        assert_eq!(
            descriptor["annotations"]["io.containerd.image.name"],
            "registry.local/tool:1"
        );
        assert_eq!(descriptor["digest"], archive.digest.as_str());

        let manifest: Value = serde_json::from_slice(&blob(&files, descriptor)).unwrap();
        let config: Value = serde_json::from_slice(&blob(&files, &manifest["config"])).unwrap();
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Entrypoint"], json!(["/tool", "run"]));
        assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);
        assert_eq!(
            blob(&files, &manifest["layers"][0]),
            image("code").tree.layer().unwrap()
        );
    }

    #[test]
    fn equal_images_have_equal_bytes() {
        let archive = || image("code").archive(&Name::Tagged("a:1")).unwrap();
        assert_eq!(archive(), archive());
    }

    #[test]
    fn the_digest_follows_the_content_and_not_the_name() {
        let digest = |content: &str, name: &str| image(content).archive(&Name::Tagged(name)).unwrap().digest;
        assert_eq!(digest("code", "a:1"), digest("code", "b:2"));
        assert_ne!(digest("code", "a:1"), digest("other", "a:1"));
    }

    #[test]
    fn a_tag_made_from_the_content_changes_with_it() {
        let name = |content: &str| image(content).archive(&Name::Repository("host/tool")).unwrap().name;
        assert_eq!(name("code"), name("code"));
        assert_ne!(name("code"), name("other"));
        assert_eq!(name("code").len(), "host/tool:".len() + TAG_DIGITS);
    }
}
