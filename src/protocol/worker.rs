//! What the page and its workers say to each other: lines of text, so that the worker needs no codec.

/// The page asks for one computation at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    pub id: u64,
    /// In the words of `containers::compute`, which the page does not read.
    pub request: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The first message of a worker; what is sent to it earlier is lost.
    Ready {
        build: String,
    },
    Finished {
        id: u64,
        result: Result<String, String>,
    },
}

impl Ask {
    pub fn to_text(&self) -> String {
        format!("{} {}", self.id, self.request)
    }

    pub fn parse(text: &str) -> Option<Ask> {
        let (id, request) = text.split_once(' ')?;
        Some(Ask { id: id.parse().ok()?, request: request.to_owned() })
    }
}

impl Answer {
    pub fn to_text(&self) -> String {
        match self {
            Answer::Ready { build } => format!("ready {build}"),
            Answer::Finished { id, result: Ok(output) } => format!("done {id}\n{output}"),
            Answer::Finished { id, result: Err(reason) } => format!("failed {id}\n{reason}"),
        }
    }

    pub fn parse(text: &str) -> Option<Answer> {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let (word, value) = head.split_once(' ')?;
        match word {
            "ready" => Some(Answer::Ready { build: value.to_owned() }),
            "done" => Some(Answer::Finished { id: value.parse().ok()?, result: Ok(body.to_owned()) }),
            "failed" => Some(Answer::Finished { id: value.parse().ok()?, result: Err(body.to_owned()) }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_way() {
        let ask = Ask { id: 7, request: "bpi 2000".to_owned() };
        assert_eq!(Ask::parse(&ask.to_text()), Some(ask));
        for result in [Ok("3.14\n".to_owned()), Err("нет памяти".to_owned())] {
            let answer = Answer::Finished { id: 7, result };
            assert_eq!(Answer::parse(&answer.to_text()), Some(answer));
        }
        assert_eq!(Answer::parse("garbage"), None);
        assert_eq!(Ask::parse("bpi 7"), None);
    }
}
