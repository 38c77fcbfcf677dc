//! HTTP/1.1, as much of it as kubectl speaks.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

use serde_json::Value;
use zadachnik::base::url_text::unescaped;

use super::streams::{Follow, Watch};

/// Largest request body that is read, in bytes: what the real API server takes.
const BODY_MAX_BYTES: usize = 3 << 20;
const HEADERS_MAX: usize = 100;

#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Decoded names and values, in their order.
    pub query: Vec<(String, String)>,
    /// With lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub enum Answer {
    Json { code: u16, value: Value, warnings: Vec<String> },
    Text { code: u16, text: String },
    Watch(Box<Watch>),
    Follow(Box<Follow>),
}

impl Answer {
    pub fn json(code: u16, value: Value) -> Answer {
        Answer::Json { code, value, warnings: Vec::new() }
    }
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn param(&self, name: &str) -> &str {
        self.query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.param(name), "true" | "1")
    }
}

/// One client.
pub struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Result<Connection> {
        stream.set_nodelay(true)?;
        Ok(Connection { writer: stream.try_clone()?, reader: BufReader::new(stream) })
    }

    /// The next request; `None` when the client has closed the connection.
    pub fn read(&mut self) -> Result<Option<Request>> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(bad("request line"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request {
            method: method.to_owned(),
            path: unescaped(path, false),
            query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
            ..Request::default()
        };
        for _ in 0..HEADERS_MAX {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        request.body = self.read_body(&request)?;
        Ok(Some(request))
    }

    fn read_body(&mut self, request: &Request) -> Result<Vec<u8>> {
        let length = request.header("content-length").parse().unwrap_or(0_usize);
        if length > BODY_MAX_BYTES || !request.header("transfer-encoding").is_empty() {
            return Err(bad("body"));
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(body)
    }

    /// Sends a whole answer.
    pub fn send(&mut self, answer: &Answer) -> Result<()> {
        let (code, kind, text, warnings) = match answer {
            Answer::Json { code, value, warnings } => {
                (*code, "application/json", value.to_string(), warnings.as_slice())
            }
            Answer::Text { code, text } => (*code, "text/plain", text.clone(), [].as_slice()),
            Answer::Watch(_) | Answer::Follow(_) => return Err(bad("a stream is no whole answer")),
        };
        let mut head = format!("HTTP/1.1 {code} {}\r\nContent-Type: {kind}\r\n", reason(code));
        for warning in warnings {
            let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
            head += &format!("Warning: 299 - \"{quoted}\"\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", text.len());
        self.writer.write_all(head.as_bytes())?;
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }

    /// Begins an answer whose length is not known.
    pub fn begin_stream(&mut self, kind: &str) -> Result<()> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
        self.writer.write_all(head.as_bytes())
    }

    pub fn send_chunk(&mut self, text: &str) -> Result<()> {
        self.writer.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())?;
        self.writer.flush()
    }

    pub fn end_stream(&mut self) -> Result<()> {
        self.writer.write_all(b"0\r\n\r\n")?;
        self.writer.flush()
    }

    /// Whether the client has gone: looked at between the pieces of a stream.
    pub fn is_closed(&mut self) -> bool {
        let stream = self.reader.get_ref();
        let mut byte = [0];
        let _ = stream.set_nonblocking(true);
        let peeked = stream.peek(&mut byte);
        let _ = stream.set_nonblocking(false);
        match peeked {
            Ok(length) => length == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        _ => "Internal Server Error",
    }
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (unescaped(name, true), unescaped(value, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        assert_eq!(
            pair("labelSelector=a%3Db%2Cc+in+%28d%29"),
            ("labelSelector".into(), "a=b,c in (d)".into())
        );
        assert_eq!(unescaped("/a%2", false), "/a%2");
    }
}
