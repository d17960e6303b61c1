//! nginx from Debian's package, as an image that runs without root.
//!
//! It listens on port 8080 until a ConfigMap is mounted over `/etc/nginx/conf.d`, whose `*.conf` are read within `http`. What it
//! writes goes to `/tmp`, so that the root file system may be read-only where a volume is mounted there.

use crate::debian::Unpacked;
use crate::error::{Error, Result};

use super::libraries;
use super::{Image, Tree, USER};

/// Debian's package.
pub const PACKAGE: &str = "nginx";

const PROGRAM: &str = "usr/sbin/nginx";

const CONFIGURATION: &str = "daemon off;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
    include /etc/nginx/mime.types;
    access_log /dev/stdout;
    client_body_temp_path /tmp/client-body;
    fastcgi_temp_path /tmp/fastcgi;
    proxy_temp_path /tmp/proxy;
    scgi_temp_path /tmp/scgi;
    uwsgi_temp_path /tmp/uwsgi;
    include /etc/nginx/conf.d/*.conf;
}
";

const DEFAULT_SERVER: &str = "server {
    listen 8080 default_server;
    location / {
        default_type text/plain;
        return 200 \"nginx\\n\";
    }
}
";

/// The image, from the unpacked package and the libraries that nginx needs.
///
/// # Errors
/// When the package lacks what is looked for, a library is missing, or a file cannot be read.
pub async fn image(unpacked: &Unpacked) -> Result<Image> {
    let types = unpacked.root().join("etc/nginx/mime.types");
    let types = std::fs::read(&types).map_err(Error::file("read", &types))?;
    let tree = Tree::default()
        .file("/etc/nginx/mime.types", types)
        .file("/etc/nginx/nginx.conf", CONFIGURATION)
        .file("/etc/nginx/conf.d/default.conf", DEFAULT_SERVER)
        .directory("/usr/share/nginx", 0o755)
        .directory("/tmp", 0o1777);
    let tree = libraries::add_program(tree, unpacked, PROGRAM, PROGRAM).await?;
    Ok(Image {
        tree,
        // What it says before it has read its configuration goes to standard error too.
        entrypoint: [&format!("/{PROGRAM}"), "-e", "stderr"].map(str::to_owned).to_vec(),
        user: USER,
    })
}
