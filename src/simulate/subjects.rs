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
    pub(super) subject: Subject,
}

/// The published lures come first: voicemail and fax.
pub(super) const LURES: [Lure; 8] = [
    lure("Voice Services", "en", "Caller Left VM Message {}"),
    lure("Fax Services", "en", "New Missed Fax-msg {}"),
    lure("IT Support", "en", "Action Required: Mailbox Password Expiry #{}"),
    lure("Human Resources", "en", "Payroll Update - Employee Benefits {}"),
    lure("Sprachnachrichten", "de", "Sie haben eine neue Sprachnachricht erhalten ({})"),
    lure("Messagerie vocale", "fr", "Nouveau message vocal reçu – réf. {}"),
    lure("ボイスメール", "ja", "新しいボイスメッセージがあります {}"),
    lure("DocuCenter", "en", "Completed: please review \"Remittance Advice {}\""),
];

const fn lure(pretends_to_be: &'static str, language: &'static str, template: &'static str) -> Lure {
    Lure { pretends_to_be, subject: Subject { template, language } }
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
