//! The collector's addresses, and what every request to it has in common.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Url};

use super::answer;
use crate::config::{SecretSource, SplunkHecSink};
use crate::deliver::decision::Fault;
use crate::deliver::http::{Answer, Http, authorization, below, guid, packed};
use crate::deliver::words::chain;
use crate::deliver::{Clock, DeliverError};
use crate::secrets;

/// The longest answer of which anything is believed.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// One collector.
pub(super) struct Collector {
    http: Http,
    events: Url,
    acks: Url,
    token: SecretSource,
    /// Numbers of acknowledgements belong to a channel; whoever runs twice has two.
    channel: String,
    gzip: bool,
}

impl Collector {
    pub(super) fn new(name: &str, config: &SplunkHecSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, url) = Http::to(name, &config.endpoint, clock)?;
        Ok(Self {
            http,
            events: below(&url, &["services", "collector", "event"]),
            acks: below(&url, &["services", "collector", "ack"]),
            token: config.token.clone(),
            channel: guid(fastrand::u128(..)),
            gzip: config.gzip,
        })
    }

    /// Posts events.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Answer, Fault> {
        self.http.ask(packed(self.request(&self.events)?, body, self.gzip), ANSWER_BYTES_MAX).await
    }

    /// Posts nothing: a collector that takes the token says that there is no data.
    pub(super) async fn probe(&self) -> Result<String, Fault> {
        let answer = self.http.ask(self.request(&self.events)?.body(""), ANSWER_BYTES_MAX).await?;
        if answer::takes_the_token(&answer) {
            Ok("the collector takes the token".to_owned())
        } else {
            Err(answer.fault())
        }
    }

    /// Asks whether the events of a number are indexed. The collector says so once: afterwards it has forgotten.
    pub(super) async fn is_indexed(&self, ack: u64) -> Result<bool, Fault> {
        let request = self.request(&self.acks)?.body(format!(r#"{{"acks":[{ack}]}}"#));
        answer::is_indexed(&self.http.ask(request, ANSWER_BYTES_MAX).await?, ack)
    }

    /// The token is read for each request: a rotated one counts at once.
    fn request(&self, url: &Url) -> Result<RequestBuilder, Fault> {
        let token = secrets::read(&self.token).map_err(|error| Fault::hold(chain(&error)))?;
        let request = self.http.post(url.clone()).header(AUTHORIZATION, authorization("Splunk", token.expose())?);
        Ok(request.header(CONTENT_TYPE, "application/json").header("X-Splunk-Request-Channel", &self.channel))
    }
}
