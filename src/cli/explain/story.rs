//! What there is to tell about a record, in the order in which an analyst asks.

use serde::Serialize;

use crate::alert::Reason;
use crate::decode::{Body, HeaderReview, Owner, RawRecord, Undecodable};
use crate::event::{MailEvent, Time};
use crate::judge::{
    Alignment, Answer, Claim, Decision, Entry, Evidence, Facts, Judgement, RULES, Rule, RuleId, Severity, Tenant,
    Tenants, Verdict, judge,
};

/// The bytes of an unreadable record that are shown.
const SHOWN_BYTES_MAX: usize = 200;

/// What became of the record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub(super) enum Story {
    /// It is a mail, and was judged.
    Judged(Box<Judged>),
    /// It is of a table about which no rule asks.
    NotMail {
        /// Its number in the input.
        record: u64,
        /// What it is.
        detail: String,
    },
    /// It goes to the dead letters.
    Unreadable {
        /// Its number in the input.
        record: u64,
        /// Why, from a closed set.
        reason: String,
        /// Why, in words.
        detail: String,
        /// How it begins.
        begins: String,
    },
}

/// A mail with everything that was thought about it.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    pub(super) record: u64,
    pub(super) tenant: String,
    pub(super) timestamp: Time,
    pub(super) network_message_id: String,
    pub(super) recipient: String,
    pub(super) subject: Option<String>,
    pub(super) verdict: &'static str,
    pub(super) reason: Option<String>,
    /// What would have to be told for a verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<&'static str>,
    pub(super) severity: Option<Severity>,
    pub(super) questions: Vec<Question>,
    pub(super) rules: Vec<RuleStory>,
    pub(super) severity_reasons: Vec<Reason>,
    pub(super) actions: &'static [&'static str],
    /// Of a message: which of its headers count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<HeaderReview>,
}

/// One of the four questions, with the answer and what it rests on.
#[derive(Debug, Serialize)]
pub(super) struct Question {
    pub(super) question: &'static str,
    pub(super) answer: String,
    pub(super) facts: Vec<Evidence>,
}

/// What a rule made of the facts.
#[derive(Debug, Serialize)]
pub(super) struct RuleStory {
    pub(super) rule: RuleId,
    pub(super) severity: Severity,
    /// `None` where this form of the telemetry does not tell enough.
    pub(super) fires: Option<bool>,
    pub(super) conditions: Vec<ConditionStory>,
}

/// A condition of a rule with its answer.
#[derive(Debug, Serialize)]
pub(super) struct ConditionStory {
    pub(super) question: &'static str,
    /// `None` where this form of the telemetry does not tell.
    pub(super) answer: Option<bool>,
}

impl Story {
    /// The story of a record.
    pub(super) fn of(visit: Result<&RawRecord<'_>, &Undecodable<'_>>, number: u64, tenants: &Tenants) -> Self {
        let raw = match visit {
            Ok(raw) => raw,
            Err(undecodable) => return Self::unreadable(undecodable, number),
        };
        let record = match raw.decode() {
            Ok(record) => record,
            Err(undecodable) => return Self::unreadable(&undecodable, number),
        };
        let mail = if let Body::Mail(event) = &record.body { Some(event) } else { None };
        let Some(index) = tenants.owner(&record.envelope.owner, mail) else {
            return Self::of_unknown_tenant(&record.envelope.owner, raw, number);
        };
        match record.body {
            Body::Mail(event) => {
                let judged = Judged::of(&event, tenants.get(index), number);
                Self::Judged(Box::new(Judged { headers: raw.review(), ..judged }))
            }
            Body::Related(_) => Self::not_mail("a row about a mail, not a mail: it is joined, not judged", number),
            Body::Audit(event) => {
                Self::not_mail(&format!("a change of settings ({}), not a mail", event.operation.as_str()), number)
            }
            Body::Other { category } => Self::not_mail(&format!("{}: a table that is not read", &*category), number),
        }
    }

    /// The same for a program.
    pub(super) fn json(&self) -> String {
        serde_json::to_value(self).map_or_else(|error| error.to_string(), |value| format!("{value:#}\n"))
    }

    fn not_mail(detail: &str, record: u64) -> Self {
        Self::NotMail { record, detail: detail.to_owned() }
    }

    fn unreadable(undecodable: &Undecodable<'_>, record: u64) -> Self {
        Self::Unreadable {
            record,
            reason: undecodable.reason.as_str().to_owned(),
            detail: undecodable.detail.clone(),
            begins: beginning(undecodable.raw),
        }
    }

    fn of_unknown_tenant(owner: &Owner<'_>, raw: &RawRecord<'_>, record: u64) -> Self {
        Self::Unreadable {
            record,
            reason: "unknown_tenant".to_owned(),
            detail: owner.explanation(),
            begins: beginning(raw.text().as_bytes()),
        }
    }
}

fn beginning(raw: &[u8]) -> String {
    String::from_utf8_lossy(&raw[..raw.len().min(SHOWN_BYTES_MAX)]).into_owned()
}

impl Judged {
    fn of(event: &MailEvent<'_>, tenant: &Tenant, record: u64) -> Self {
        let judgement = judge(event, tenant);
        let verdict = judgement.verdict();
        let is_suspicious = verdict == Verdict::Suspicious;
        let weighing = judgement.weighing();
        Self {
            record,
            tenant: tenant.name.clone(),
            timestamp: event.timestamp,
            network_message_id: event.network_message_id.to_string(),
            recipient: event.recipient.to_string(),
            subject: event.subject.as_deref().map(str::to_owned),
            verdict: verdict.as_str(),
            reason: reason(&verdict),
            missing: if let Verdict::Unknown(gap) = verdict { Some(gap.explanation()) } else { None },
            severity: is_suspicious.then_some(weighing.severity),
            questions: questions(&judgement),
            rules: RULES.iter().map(|rule| RuleStory::of(rule, &judgement.facts, tenant)).collect(),
            severity_reasons: weighing.reasons.into_iter().map(Reason::from).filter(|_| is_suspicious).collect(),
            actions: judgement.rules.first().map_or(&[], |rule| rule.actions),
            headers: None,
        }
    }
}

fn reason(verdict: &Verdict<'_>) -> Option<String> {
    match verdict {
        Verdict::Benign(reason) => Some(reason.as_str().to_owned()),
        Verdict::Sanctioned(name) => Some((*name).to_owned()),
        Verdict::Unknown(gap) => Some(gap.as_str().to_owned()),
        Verdict::Suspicious => None,
    }
}

/// The facts fall under the four questions by their names.
fn questions(judgement: &Judgement<'_>) -> Vec<Question> {
    let facts = &judgement.facts;
    let evidence = facts.evidence();
    let question = |question, answer: String, names: &[&str]| Question {
        question,
        answer,
        facts: evidence.iter().filter(|fact| names.contains(&fact.fact.as_str())).cloned().collect(),
    };
    let is_told = ![facts.envelope_claim, facts.header_claim].contains(&Claim::Absent);
    let claim = match (facts.claims_own(), is_told) {
        (true, _) => "One of us.",
        (false, true) => "Somebody else.",
        (false, false) => "Somebody else, as far as it is told.",
    };
    vec![
        question("Whom does it claim to be?", claim.to_owned(), &["envelope-from", "header-from"]),
        question("By which door did it come?", door(facts.entry).to_owned(), &["entry", "connector", "source"]),
        question(
            "Does anything prove the claim?",
            proof(facts.alignment).to_owned(),
            &["spf", "dkim", "dmarc", "compauth"],
        ),
        question("Was it allowed, and where did it end?", sanction(facts), &["sanction", "simulation", "delivery"]),
    ]
}

const fn door(entry: Entry) -> &'static str {
    match entry {
        Entry::Internal => "Internal: submitted inside the tenant.",
        Entry::Outbound => "Outbound: it left the tenant.",
        Entry::Gateway => "Gateway: through a configured filter.",
        Entry::Connector => "Connector: through one that is no configured filter.",
        Entry::Direct => "Direct: from the internet, through no connector.",
        Entry::Unknown => "Unknown: the record cannot tell.",
    }
}

const fn proof(alignment: Alignment) -> &'static str {
    match alignment {
        Alignment::Aligned => "Aligned: DMARC passed, or SPF or DKIM for the same organisation.",
        Alignment::Unaligned => "Unaligned: there are results, and none of them proves it.",
        Alignment::Unknown => "Unknown: there are no results.",
        Alignment::NotApplicable => "Not applicable: nobody claims to be one of us.",
    }
}

fn sanction(facts: &Facts<'_>) -> String {
    facts.sanction.map_or_else(|| "No sanction covers it.".to_owned(), |it| format!("Sanctioned as {}.", it.name))
}

impl RuleStory {
    fn of(rule: &Rule, facts: &Facts<'_>, tenant: &Tenant) -> Self {
        let answer = |condition: &crate::judge::Condition| ConditionStory {
            question: condition.question,
            answer: match (condition.holds)(facts, tenant) {
                Answer::Yes => Some(true),
                Answer::No => Some(false),
                Answer::Untold(_) => None,
            },
        };
        Self {
            rule: rule.id,
            severity: rule.severity,
            fires: match rule.decide(facts, tenant) {
                Decision::Fires => Some(true),
                Decision::Silent => Some(false),
                Decision::Open(_) => None,
            },
            conditions: rule.conditions.iter().map(answer).collect(),
        }
    }
}
