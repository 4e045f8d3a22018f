//! What the mail is about: subjects, with `{}` where a number goes, and the lures of the attacks.

use super::chance::Chance;

/// A subject and what Microsoft would call its language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    template: &'static str,
    pub(super) language: &'static str,
}

impl Subject {
    pub(super) fn any(chance: &mut Chance) -> Self {
        let (language, template) = chance.one_of(&SUBJECTS);
        Self { template, language }
    }

    /// The subject with a number of its own.
    pub(super) fn numbered(self, chance: &mut Chance) -> String {
        match self.template.split_once("{}") {
            Some((before, after)) => format!("{before}{}{after}", chance.within(1..=99_999)),
            None => self.template.to_owned(),
        }
    }
}

/// What an attack pretends to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lure {
    /// The display name of the sender.
    pub(super) pretends_to_be: &'static str,
    /// The local part of an address that would go with the name.
    pub(super) local: &'static str,
    pub(super) subject: Subject,
}

/// What everybody is to believe who seems to write to themselves; the published lures come first: voicemail and fax.
pub(super) const LURES: [Lure; 8] = [
    lure("Voice Services", "voicemail", "en", "Caller Left VM Message {}"),
    lure("Fax Services", "fax", "en", "New Missed Fax-msg {}"),
    lure("IT Support", "it-support", "en", "Action Required: Mailbox Password Expiry #{}"),
    lure("Human Resources", "hr", "en", "Payroll Update - Employee Benefits {}"),
    lure("Sprachnachrichten", "voicemail", "de", "Sie haben eine neue Sprachnachricht erhalten ({})"),
    lure("Messagerie vocale", "voicemail", "fr", "Nouveau message vocal reçu – réf. {}"),
    lure("ボイスメール", "voicemail", "ja", "新しいボイスメッセージがあります {}"),
    lure("DocuCenter", "documents", "en", "Completed: please review \"Remittance Advice {}\""),
];

/// What one asks whom one could ask anything.
pub(super) const REQUESTS: [Lure; 3] = [
    lure("", "", "en", "Are you at your desk?"),
    lure("", "", "en", "Wire authorisation needed before noon"),
    lure("", "", "de", "Vertrauliche Überweisung, bitte heute"),
];

/// One subject to many, as it was seen: without a number of its own.
pub(super) const PAYROLL: [Lure; 3] = [
    lure("Payroll", "payroll", "en", "Payroll Update - 11/02/2026"),
    lure("Human Resources", "hr", "en", "Employee Handbook: Acknowledgement Required"),
    lure("Personalabteilung", "personal", "de", "Anpassung Ihrer Gehaltsabrechnung"),
];

/// What comes as a picture in a PDF.
pub(super) const VOICEMAILS: [Lure; 3] = [
    lure("Voice Services", "voicemail", "en", "Caller Left VM Message {}"),
    lure("Fax Services", "fax", "en", "New Missed Fax-msg {}"),
    lure("Voicemail", "voicemail", "en", "Voice message of 0:{} for you"),
];

const fn lure(
    pretends_to_be: &'static str,
    local: &'static str,
    language: &'static str,
    template: &'static str,
) -> Lure {
    Lure { pretends_to_be, local, subject: Subject { template, language } }
}

const SUBJECTS: [(&str, &str); 24] = [
    ("en", "Invoice {}"),
    ("en", "Re: Minutes of yesterday's meeting and the open questions for the steering group"),
    ("en", "Your order {} has shipped and will arrive between Tuesday and Thursday"),
    ("en", "Fwd: Contract draft v{} - comments by Friday please"),
    ("en", "Sam shared \"Q3 plan\" with you."),
    ("en", "[release/2026.11] Build {} succeeded: all checks have passed"),
    ("en", "Lunch on Thursday?"),
    ("en", "[Ticket #{}] Cannot reach the file server"),
    ("en", "🎉 Autumn sale: {} articles reduced"),
    ("de", "Ihre Rechnung {} zum Vertrag über Wartung und Pflege"),
    ("de", "AW: Rückfrage zum Angebot Nr. {}"),
    ("de", "Terminbestätigung für die Prüfung am Montag"),
    ("fr", "Votre facture n° {} est disponible dans votre espace client"),
    ("fr", "Compte rendu de la réunion d’équipe"),
    ("es", "Confirmación del pedido n.º {}: gracias por su compra"),
    ("es", "¿Podemos hablar mañana?"),
    ("pt", "Atualização da fatura {} – vencimento no fim do mês"),
    ("pl", "Zamówienie {} zostało wysłane"),
    ("tr", "Sipariş özeti {}"),
    ("ru", "Счёт № {} на оплату услуг"),
    ("el", "Τιμολόγιο {} για τον μήνα Οκτώβριο"),
    ("ja", "請求書 {} のご送付"),
    ("zh", "订单 {} 的发票"),
    ("ko", "{} 회의 자료 공유드립니다"),
];
