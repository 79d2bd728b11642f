//! An HTTP server of one release that answers as GitHub does. The first part of a path selects a fault: `altered`,
//! `truncated`, `unlisted`, `busy`, `unpublished`, or another word for none.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

const TAG_PAGE: &str = concat!("tag/v", env!("CARGO_PKG_VERSION"));
const DOWNLOADS: &str = concat!("download/v", env!("CARGO_PKG_VERSION"), "/");

/// Serves the files of a directory. Returns the address.
pub fn serve(files: PathBuf) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let mut requested = HashSet::new();
        for stream in listener.incoming() {
            // The client reports an answer that it did not get.
            let _ = stream.and_then(|stream| answer(&stream, &files, &mut requested));
        }
    });
    Ok(address)
}

struct Response {
    status: &'static str,
    location: Option<&'static str>,
    body: Vec<u8>,
    /// The length that the header has.
    length: usize,
}

fn answer(mut stream: &TcpStream, files: &Path, requested: &mut HashSet<String>) -> io::Result<()> {
    let request = read_request(stream)?;
    let mut words = request.split(' ');
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default().trim_start_matches('/');
    let is_repeated = !requested.insert(path.to_owned());
    let (fault, path) = path.split_once('/').unwrap_or_default();
    let response = match fault {
        "busy" if !is_repeated => Response::new("503 Service Unavailable", Vec::new()),
        _ => respond(path, fault, files),
    };
    stream.write_all(response.head(fault).as_bytes())?;
    match method {
        "HEAD" => Ok(()),
        _ => stream.write_all(&response.body),
    }
}

/// The first line of a request, after all of its header was read.
fn read_request(stream: &TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(first)
}

fn respond(path: &str, fault: &str, files: &Path) -> Response {
    match path {
        "latest" if fault == "unpublished" => Response::redirect("releases"),
        "latest" => Response::redirect(TAG_PAGE),
        "releases" | TAG_PAGE => Response::new("200 OK", Vec::new()),
        _ => match path
            .strip_prefix(DOWNLOADS)
            .map(|file| fs::read(files.join(file)))
        {
            Some(Ok(content)) => Response::new("200 OK", content).with(fault, path),
            _ => Response::new("404 Not Found", Vec::new()),
        },
    }
}

impl Response {
    fn new(status: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            location: None,
            length: body.len(),
            body,
        }
    }

    fn redirect(location: &'static str) -> Self {
        Self {
            location: Some(location),
            ..Self::new("302 Found", Vec::new())
        }
    }

    /// Applies a fault to a file.
    fn with(mut self, fault: &str, path: &str) -> Self {
        let middle = self.length / 2;
        let is_archive = path.ends_with(".tar.gz");
        match fault {
            "altered" if is_archive => self.body[middle] ^= 1,
            "truncated" if is_archive => self.body.truncate(middle),
            "unlisted" if !is_archive => self.body.fill(b'\n'),
            _ => {}
        }
        self
    }

    fn head(&self, fault: &str) -> String {
        let Self { status, length, .. } = self;
        let location = self
            .location
            .map(|path| format!("Location: /{fault}/{path}\r\n"));
        let location = location.unwrap_or_default();
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{location}\r\n"
        )
    }
}
