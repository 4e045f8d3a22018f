//! What people do: attackers, devices, lists, readers, administrators.
//!
//! Dense on purpose: every plot draws from the same few networks, senders, subjects and recipients, so that campaigns
//! meet, merge and are cut short. Left out is what depends on the order of arrival by design, wherever two rows could
//! come in either order: rows of one network that may be known as a device's ([`Plots::spaced`]), mail that left and its
//! return, a row and its correction. No row lies near midnight, where days are counted.

use std::collections::BTreeMap;

use fastrand::Rng;
use postern::event::{Span, Time};

use crate::record::{self, Mail};
use crate::world::{ATTACKERS, DEVICES, DOMAINS, LISTS, SCANNER, SERVICE, STRANGERS, midnight};

/// Rows that must not change places are so far apart: more than anything may be late.
const APART: Span = Span::minutes(12);
/// Days that are told of.
const DAYS: i64 = 11;
/// Times at which attackers are at work: so few that they meet. Each has networks of its own, because whoever comes back
/// after a day is either taken for a device or not, by the first of his rows that no device would write.
const ATTACKS: usize = 4;

const SUBJECTS: [&str; 4] = ["Payroll update", "Caller left VM", "Invoice", "Bonus overview"];
const PEOPLE: [&str; 12] = ["ceo", "hr", "it", "alex", "sam", "kim", "lee", "max", "pat", "joe", "ann", "tom"];
const FAILED: [&str; 3] = [
    r#"{\"SPF\":\"softfail\",\"DKIM\":\"none\",\"DMARC\":\"fail\",\"CompAuth\":\"fail\"}"#,
    r#"{\"SPF\":\"fail\",\"DKIM\":\"none\",\"DMARC\":\"none\",\"CompAuth\":\"none\"}"#,
    r#"{\"SPF\":\"none\",\"DMARC\":\"none\"}"#,
];
const TEMPERROR: &str = r#"{\"SPF\":\"temperror\",\"DKIM\":\"none\",\"DMARC\":\"temperror\"}"#;
const PASSED: &str = r#"{\"SPF\":\"pass\",\"DKIM\":\"pass\",\"DMARC\":\"pass\",\"CompAuth\":\"pass\"}"#;
const LISTED: &str = r#"{\"SPF\":\"pass\",\"DKIM\":\"fail\",\"DMARC\":\"fail\"}"#;

/// Which table a row is of: the tables are exported on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Mail,
    Other,
}

/// A row, before it is on its way.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) time: Time,
    pub(super) tenant: usize,
    pub(super) class: Class,
    pub(super) json: String,
    pub(super) is_forged: bool,
    pub(super) label: String,
}

/// The rows of a story in the making.
pub(super) struct Plots {
    chance: Rng,
    pub(super) rows: Vec<Row>,
    pub(super) sanctioned: Vec<String>,
    /// Mail that something may still become of.
    mails: Vec<Mail>,
    taken: BTreeMap<(usize, String), Vec<Time>>,
    attacks: Vec<Time>,
    number: u32,
}

impl Plots {
    /// Tells a story: some plots often, some not at all.
    pub(super) fn told(chance: Rng) -> Self {
        let (rows, mails, sanctioned, taken) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let mut plots = Self { chance, rows, sanctioned, mails, taken, attacks: Vec::new(), number: 0 };
        for _ in 0..ATTACKS {
            let day = plots.chance.i64(0..DAYS);
            let time = plots.on_day(day);
            plots.attacks.push(time);
        }
        let rows_max = plots.chance.usize(40..=70);
        let habit: Vec<u8> = (0..TELLERS.len()).map(|_| plots.chance.u8(..6)).collect();
        let tellers: Vec<_> =
            TELLERS.iter().zip(habit).flat_map(|(tell, often)| std::iter::repeat_n(tell, often.into())).collect();
        while plots.rows.len() < rows_max {
            let tell = plots.chance.choice(&tellers).copied().unwrap_or(&TELLERS[0]);
            let tenant = plots.chance.usize(..DOMAINS.len());
            tell(&mut plots, tenant);
        }
        plots.tick();
        plots
    }

    // === what is told ===

    /// A lure: by one network with many words, by many networks with one, or both.
    fn attack(&mut self, tenant: usize) {
        let [one_network, one_subject, one_sender] = [(); 3].map(|()| self.chance.u8(..3) > 0);
        let is_burst = self.chance.u8(..4) == 0;
        let (mut time, hour) = self.at_an_attack();
        let (network, subject, sender) = (self.attacker(hour), self.subject(), self.person());
        let pace = if is_burst { 4 } else { self.chance.i64(5..80) };
        for _ in 0..self.chance.usize(1..=7) {
            let network = if one_network { network.clone() } else { self.attacker(hour) };
            let mut mail = self.mail(time, tenant, &network);
            let subject = if one_subject { subject } else { self.subject() };
            mail.subject = self.worded(subject);
            let sender = if one_sender { sender } else { self.person() };
            mail.author = format!("{sender}@{}", DOMAINS[tenant]);
            mail.envelope = if self.chance.u8(..4) == 0 { "x@evil.example".to_owned() } else { mail.author.clone() };
            mail.results = self.one_of(&FAILED);
            mail.fate = self.one_of(&["Delivered", "Delivered", "Junked", "Blocked"]);
            let most = if is_burst { 4 } else { 2 };
            let recipients = self.chance.usize(1..=most);
            self.send(&mail, recipients);
            time = self.later(time, pace);
        }
    }

    /// Many that have nothing in common, within minutes.
    fn flood(&mut self, tenant: usize) {
        if self.chance.u8(..4) > 0 {
            return self.chatter(tenant);
        }
        let (time, _) = self.at_an_attack();
        for _ in 0..self.chance.usize(9..14) {
            let time = self.later(time, 9);
            let number = self.chance.u8(..);
            let mut mail = self.mail(time, tenant, &format!("198.19.{number}."));
            let word: String = (0..6).map(|_| self.chance.lowercase()).collect();
            mail.subject = format!("About {word}");
            mail.author = format!("{}@{}", self.person(), DOMAINS[tenant]);
            mail.envelope.clone_from(&mail.author);
            mail.results = FAILED[0];
            self.send(&mail, 1);
        }
    }

    /// A device that nobody registered, day after day; at the end somebody may use its network.
    fn device(&mut self, tenant: usize) {
        let network = self.one_of(&DEVICES);
        let sender = self.one_of(&["scan-a", "scan-b"]);
        let first = self.chance.i64(0..3);
        let days = self.chance.i64(2..=DAYS - first);
        for day in first..first + days {
            let subject = self.worded("Scan from MFP");
            self.daily(day, tenant, network, sender, subject, FAILED[0]);
        }
        if self.chance.bool() {
            let sender = self.one_of(&["hr", "ceo", sender]);
            let subject = self.worded("Payroll update");
            self.daily(first + days - 1, tenant, network, sender, subject, FAILED[1]);
        }
    }

    /// A service that proves its mail, until it cannot for once, or for good.
    fn service(&mut self, tenant: usize) {
        let first = self.chance.i64(0..3);
        let days = self.chance.i64(2..=DAYS - first);
        let bad_day = self.chance.i64(first..first + days);
        let bad_results = self.one_of(&[TEMPERROR, FAILED[0], PASSED]);
        for day in first..first + days {
            let results = if day == bad_day { bad_results } else { PASSED };
            self.daily(day, tenant, SERVICE, "news", "Newsletter".to_owned(), results);
        }
    }

    /// The sanctioned scanner, and now and then its neighbour, who is not.
    fn scanner(&mut self, tenant: usize) {
        let is_neighbour = self.chance.u8(..3) == 0;
        for _ in 0..self.chance.usize(1..=4) {
            let day = self.chance.i64(0..DAYS);
            let time = self.on_day(day);
            let time = self.spaced(tenant, SCANNER, time);
            let mut mail = self.mail(time, tenant, SCANNER);
            mail.address = format!("{SCANNER}{}", if is_neighbour { 8 } else { 7 });
            mail.author = format!("scanner@{}", DOMAINS[tenant]);
            mail.envelope.clone_from(&mail.author);
            mail.subject = self.worded("Scan from MFP");
            mail.results = FAILED[0];
            if !is_neighbour {
                self.sanctioned.push(mail.id.clone());
            }
            self.send(&mail, 1);
        }
    }

    /// A mail that leaves, and comes back from the list that it went to, or from where nobody knows.
    fn echo(&mut self, tenant: usize) {
        let day = self.chance.i64(0..DAYS);
        let mut time = self.on_day(day);
        let mut sent = self.mail(time, tenant, STRANGERS);
        sent.author = format!("{}@{}", self.one_of(&["alex", "sam"]), DOMAINS[tenant]);
        sent.envelope.clone_from(&sent.author);
        sent.subject = self.worded("Minutes");
        (sent.direction, sent.recipient) = ("Outbound", "users@lists.example".to_owned());
        sent.results = PASSED;
        self.push_mail(&sent);
        for _ in 0..self.chance.usize(1..=5) {
            let is_proven = self.chance.bool();
            let network = LISTS[usize::from(!is_proven)];
            time = self.later(time + APART, 300);
            time = self.spaced(tenant, LISTS[0], time);
            time = self.spaced(tenant, LISTS[1], time);
            let mut mail = self.mail(time, tenant, network);
            mail.message_id.clone_from(&sent.message_id);
            mail.author.clone_from(&sent.author);
            mail.subject = format!("[users] {}", sent.subject);
            mail.envelope = if is_proven { "bounces@lists.example".to_owned() } else { sent.author.clone() };
            mail.results = if is_proven { LISTED } else { FAILED[0] };
            self.send(&mail, 1);
        }
    }

    /// What other tables say of a mail, of one that nobody has seen now and then.
    fn reader(&mut self, tenant: usize) {
        for _ in 0..self.chance.usize(1..=4) {
            let known = self.chance.choice(&self.mails).cloned();
            let mail = known.filter(|_| self.chance.u8(..8) > 0).unwrap_or_else(|| {
                let (time, _) = self.at_an_attack();
                self.mail(time, tenant, STRANGERS)
            });
            let number = self.next_number();
            match self.chance.u8(..6) {
                0 => self.link(&mail, number),
                1 => self.attachment(&mail, number),
                2 | 3 => self.click(&mail, number),
                _ => self.removal(&mail, number),
            }
        }
    }

    /// A row that replaces an earlier one of the same delivery, while its campaign is open: whether a later one brings the
    /// campaign back to life depends on what was told of it.
    fn correction(&mut self, _tenant: usize) {
        let Some(mut mail) = self.chance.choice(&self.mails).cloned() else { return };
        let time = self.later(mail.time + APART, 20);
        mail.time = self.spaced(mail.tenant, &format!("{} {}", mail.id, mail.recipient), time);
        mail.report = self.next_number();
        mail.fate = self.one_of(&["Delivered", "Junked", "Blocked"]);
        self.push_mail(&mail);
    }

    /// Somebody opens the gate.
    fn posture(&mut self, tenant: usize) {
        let day = self.chance.i64(0..DAYS);
        let time = self.on_day(day);
        let json = record::audit(tenant, time, self.next_number());
        self.push(time, tenant, Class::Other, json, "audit");
    }

    /// Mail with nothing to tell, which moves time on.
    fn chatter(&mut self, tenant: usize) {
        for _ in 0..self.chance.usize(1..=4) {
            let day = self.chance.i64(0..DAYS);
            let time = self.on_day(day);
            self.stranger(time, tenant);
        }
    }

    /// A lure that says it is from the future.
    fn forgery(&mut self, tenant: usize) {
        let (time, hour) = self.at_an_attack();
        let network = self.attacker(hour);
        let mut mail = self.mail(time, tenant, &network);
        mail.author = format!("{}@{}", self.person(), DOMAINS[tenant]);
        mail.envelope.clone_from(&mail.author);
        let subject = self.subject();
        mail.subject = self.worded(subject);
        mail.results = FAILED[0];
        let json = mail.json(midnight(20_000));
        self.push(time, tenant, Class::Mail, json, &format!("forged mail {}", mail.id));
        self.rows.last_mut().unwrap().is_forged = true;
    }

    /// The last thing that happens: so late, now and then, that everything is over.
    fn tick(&mut self) {
        for tenant in 0..DOMAINS.len() {
            if self.chance.bool() {
                let time = midnight(DAYS + self.chance.i64(0..9)) + Span::hours(12);
                self.stranger(time, tenant);
            }
        }
    }

    // === rows ===

    fn link(&mut self, mail: &Mail, number: u32) {
        let place = self.one_of(&["Body", "QRCode"]);
        let columns = format!(r#""UrlDomain":"u{}.example","UrlLocation":"{place}","ReportId":"{number}""#, number % 3);
        self.related(mail, "EmailUrlInfo", mail.time, &columns);
    }

    fn attachment(&mut self, mail: &Mail, number: u32) {
        let columns = format!(r#""RecipientEmailAddress":"{}","ReportId":"{number}""#, mail.recipient);
        self.related(mail, "EmailAttachmentInfo", mail.time, &columns);
    }

    fn click(&mut self, mail: &Mail, number: u32) {
        let time = self.some_time_after(mail.time);
        let action = self.one_of(&["ClickAllowed", "ClickAllowed", "ClickBlocked"]);
        let columns = format!(
            r#""ActionType":"{action}","Workload":"Email","AccountUpn":"{}","ReportId":"{number}""#,
            mail.recipient
        );
        self.related(mail, "UrlClickEvents", time, &columns);
    }

    fn removal(&mut self, mail: &Mail, number: u32) {
        let time = self.some_time_after(mail.time);
        let action = self.one_of(&["Moved to quarantine", "Soft delete", "Moved to junk folder", "Moved to inbox"]);
        let whose = match self.chance.u8(..4) {
            0 => "null".to_owned(),
            _ => format!("\"{}\"", mail.recipient),
        };
        let columns = format!(
            r#""RecipientEmailAddress":{whose},"Action":"{action}","ActionType":"Phish ZAP","ActionResult":"Success","ReportId":"{number}""#
        );
        self.related(mail, "EmailPostDeliveryEvents", time, &columns);
    }

    fn related(&mut self, mail: &Mail, table: &str, time: Time, columns: &str) {
        let json = record::related(mail.tenant, table, time, &mail.id, columns);
        self.push(time, mail.tenant, Class::Other, json, &format!("{table} {}", mail.id));
    }

    fn stranger(&mut self, time: Time, tenant: usize) {
        let mut mail = self.mail(time, tenant, STRANGERS);
        mail.direction = self.one_of(&["Inbound", "Intra-org", "Outbound"]);
        self.push_mail(&mail);
    }

    /// One message of a source that comes day after day.
    fn daily(&mut self, day: i64, tenant: usize, network: &str, sender: &str, subject: String, results: &'static str) {
        let time = self.on_day(day);
        let time = self.spaced(tenant, network, time);
        let mut mail = self.mail(time, tenant, network);
        mail.author = format!("{sender}@{}", DOMAINS[tenant]);
        mail.envelope.clone_from(&mail.author);
        (mail.subject, mail.results) = (subject, results);
        self.send(&mail, 1);
    }

    fn mail(&mut self, time: Time, tenant: usize, network: &str) -> Mail {
        let number = self.next_number();
        let host = self.chance.u8(1..250);
        Mail {
            time,
            tenant,
            id: format!("7a1c0b52-40de-4b1e-9c3f-{number:012}"),
            message_id: format!("m{number}@mail.example"),
            envelope: "news@litware.example".to_owned(),
            author: "news@litware.example".to_owned(),
            address: if network.contains(':') { format!("{network}{host:x}") } else { format!("{network}{host}") },
            recipient: format!("{}@{}", self.person(), DOMAINS[tenant]),
            subject: self.worded("Weekly digest"),
            cluster: 0,
            direction: "Inbound",
            fate: "Delivered",
            results: r#"{\"SPF\":\"pass\",\"DKIM\":\"pass\",\"DMARC\":\"pass\"}"#,
            report: 1,
        }
    }

    /// The rows of a message to so many; the first one's recipient stays.
    fn send(&mut self, mail: &Mail, recipients: usize) {
        let first = self.chance.usize(..PEOPLE.len());
        for nth in 0..recipients {
            let mut row = mail.clone();
            if nth > 0 {
                row.recipient = format!("{}@{}", PEOPLE[(first + nth) % PEOPLE.len()], DOMAINS[mail.tenant]);
            }
            row.report = self.next_number();
            self.push_mail(&row);
            self.mails.push(row);
        }
    }

    fn push_mail(&mut self, mail: &Mail) {
        let label = format!("mail {} {} to {}", mail.id, mail.author, mail.recipient);
        self.push(mail.time, mail.tenant, Class::Mail, mail.json(mail.time), &label);
    }

    fn push(&mut self, time: Time, tenant: usize, class: Class, json: String, label: &str) {
        let label = format!("{label} at {time}");
        self.rows.push(Row { time, tenant, class, json, is_forged: false, label });
    }

    // === chance ===

    /// A time at which attackers are at work, and which one it is.
    fn at_an_attack(&mut self) -> (Time, usize) {
        let hour = self.chance.usize(..ATTACKS);
        (self.later(self.attacks[hour], 50), hour)
    }

    fn on_day(&mut self, day: i64) -> Time {
        let second = self.chance.i64(3_600..23 * 3_600);
        let time = midnight(day) + Span::micros(second * 1_000_000 + self.chance.i64(0..1_000) * 1_000);
        daytime(time)
    }

    fn later(&mut self, time: Time, minutes_max: i64) -> Time {
        daytime(time + Span::micros(self.chance.i64(1_000..minutes_max * 60_000) * 1_000))
    }

    /// Soon, or within two days; not about when its delivery is forgotten.
    fn some_time_after(&mut self, time: Time) -> Time {
        match self.chance.u8(..6) {
            0 => daytime(time + Span::hours(60)),
            1 | 2 => self.later(time + Span::minutes(20), 40 * 60),
            _ => self.later(time + Span::minutes(20), 90),
        }
    }

    /// The next time at which nothing else of this tenant comes from the network for a while.
    fn spaced(&mut self, tenant: usize, network: &str, mut time: Time) -> Time {
        let taken = self.taken.entry((tenant, network.to_owned())).or_default();
        while taken.iter().any(|other| time - APART < *other && *other < time + APART) {
            time = daytime(time + APART);
        }
        taken.push(time);
        time
    }

    fn attacker(&mut self, hour: usize) -> String {
        match self.chance.usize(..3) {
            2 => format!("{}:{hour}::", ATTACKERS[1]),
            nth => format!("{}.{}.", ATTACKERS[0], 60 + 2 * hour + nth),
        }
    }

    fn subject(&mut self) -> &'static str {
        self.one_of(&SUBJECTS)
    }

    fn person(&mut self) -> &'static str {
        self.one_of(&PEOPLE)
    }

    /// A subject as templates vary it.
    fn worded(&mut self, subject: &str) -> String {
        let reply = if self.chance.u8(..5) == 0 { "RE: " } else { "" };
        format!("{reply}{subject} {}", self.chance.u8(..))
    }

    fn one_of(&mut self, these: &[&'static str]) -> &'static str {
        these[self.chance.usize(..these.len())]
    }

    const fn next_number(&mut self) -> u32 {
        self.number += 1;
        self.number
    }
}

const TELLERS: [fn(&mut Plots, usize); 11] = [
    Plots::attack,
    Plots::reader,
    Plots::device,
    Plots::service,
    Plots::scanner,
    Plots::echo,
    Plots::correction,
    Plots::posture,
    Plots::chatter,
    Plots::forgery,
    Plots::flood,
];

/// The time, or where it lies near midnight, a time behind it.
fn daytime(time: Time) -> Time {
    let margin = Span::minutes(40);
    let is_night = time - margin < (time + margin).floor_to(Span::hours(24));
    if is_night { time + Span::minutes(80) } else { time }
}
