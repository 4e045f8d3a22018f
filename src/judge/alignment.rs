//! Whether anything proves an own claim.
//!
//! RFC 9989 asks for an identifier that passed *and* belongs to the author's organisation. Three things are not enough:
//! compauth, which is Microsoft's opinion; a DKIM pass of an unknown signer; and a pass that covers one author where the
//! message names several, because who writes a spoof may add a mailbox of his own to it.

use crate::event::{AuthResults, DmarcResult, Domain, SpfResult, Text};

use super::claim::Claim;
use super::organisation::is_one_organisation;
use super::tenant::Tenant;

/// Whether anything proves an own claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alignment {
    /// DMARC passed (or would have), or SPF or DKIM passed for each author's organisation.
    Aligned,
    /// There are results, and none of them aligns.
    Unaligned,
    /// There is no result.
    Unknown,
    /// Nothing own is claimed.
    NotApplicable,
}

impl Alignment {
    /// The word in verdicts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Unaligned => "unaligned",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }

    pub(super) fn of(claims_own: bool, proofs: &Proofs<'_>, tenant: &Tenant) -> Self {
        match () {
            () if !claims_own => Self::NotApplicable,
            () if proofs.prove_the_claim(tenant) => Self::Aligned,
            () if proofs.are_missing() => Self::Unknown,
            () => Self::Unaligned,
        }
    }
}

/// What may prove a claim, and of whom. Domains are folded.
pub(super) struct Proofs<'p> {
    pub(super) results: AuthResults,
    /// Of the envelope from: what SPF passed for.
    pub(super) envelope: Option<&'p Domain<'p>>,
    /// Of each mailbox of the header from.
    pub(super) authors: &'p [Option<Domain<'p>>],
    /// Whose DKIM signatures passed.
    pub(super) signers: &'p [Text<'p>],
}

impl Proofs<'_> {
    fn are_missing(&self) -> bool {
        self.results.spf.is_none() && self.results.dmarc.is_none() && self.signers.is_empty()
    }

    fn prove_the_claim(&self, tenant: &Tenant) -> bool {
        self.dmarc_covers_all_authors(tenant) || self.each_author_is_proven(tenant)
    }

    /// DMARC is about one domain, and the record does not say about whose; so it counts where all authors share one.
    fn dmarc_covers_all_authors(&self, tenant: &Tenant) -> bool {
        let passed = matches!(self.results.dmarc, Some(DmarcResult::Pass | DmarcResult::BestGuessPass));
        passed
            && match self.authors {
                [] | [_] => true,
                [Some(first), others @ ..] => {
                    let with_first = |other: &Domain<'_>| is_one_organisation(first, other, tenant);
                    others.iter().all(|other| other.as_ref().is_some_and(with_first))
                }
                [None, ..] => false,
            }
    }

    /// Whose name is used is who must be proven: each own author, or where the header names none, every author.
    fn each_author_is_proven(&self, tenant: &Tenant) -> bool {
        let is_proven = |author: &Domain<'_>| self.spf_proves(author, tenant) || self.dkim_proves(author, tenant);
        let is_own = |author: &&Domain<'_>| Claim::of(Some(author), tenant).is_own();
        if !self.can_prove_an_author() {
            return false;
        }
        let mut own = self.authors.iter().flatten().filter(is_own).peekable();
        if own.peek().is_some() {
            return own.all(is_proven);
        }
        !self.authors.is_empty() && self.authors.iter().all(|author| author.as_ref().is_some_and(is_proven))
    }

    fn can_prove_an_author(&self) -> bool {
        self.results.spf == Some(SpfResult::Pass) || !self.signers.is_empty()
    }

    fn spf_proves(&self, author: &Domain<'_>, tenant: &Tenant) -> bool {
        self.results.spf == Some(SpfResult::Pass)
            && self.envelope.is_some_and(|envelope| is_one_organisation(envelope, author, tenant))
    }

    fn dkim_proves(&self, author: &Domain<'_>, tenant: &Tenant) -> bool {
        self.signers.iter().any(|signer| is_one_organisation(&Domain::fold(signer), author, tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tenant::AcceptedDomain;

    const OWN: &str = "contoso.com";
    const FOREIGN: &str = "evil.example";

    fn tenant() -> Tenant {
        let domain = |name: &str| AcceptedDomain { name: name.to_owned(), match_subdomains: false };
        Tenant { accepted_domains: [OWN, "contoso.onmicrosoft.com"].map(domain).to_vec(), ..Tenant::default() }
    }

    /// Of SPF, DMARC, the envelope's domain, the signers and the authors.
    fn aligned(spf: &str, dmarc: &str, envelope: &str, signers: &[&str], authors: &[&str]) -> Alignment {
        let results = AuthResults {
            spf: (!spf.is_empty()).then(|| SpfResult::parse(spf)),
            dmarc: (!dmarc.is_empty()).then(|| DmarcResult::parse(dmarc)),
            ..AuthResults::default()
        };
        let envelope = Some(Domain::fold(envelope)).filter(|domain| !domain.is_empty());
        let authors: Vec<_> = authors.iter().map(|name| Some(Domain::fold(name))).collect();
        let signers: Vec<_> = signers.iter().copied().map(Text::from).collect();
        let proofs = Proofs { results, envelope: envelope.as_ref(), authors: &authors, signers: &signers };
        Alignment::of(true, &proofs, &tenant())
    }

    use Alignment::{Aligned, Unaligned, Unknown};

    #[test]
    fn one_author_is_proven_by_dmarc_or_by_spf_of_the_same_organisation() {
        assert_eq!(aligned("fail", "pass", FOREIGN, &[], &[OWN]), Aligned);
        assert_eq!(aligned("fail", "bestguesspass", "", &[], &[OWN]), Aligned);
        assert_eq!(aligned("pass", "fail", "bounce.contoso.com", &[], &[OWN]), Aligned);
        assert_eq!(aligned("pass", "none", FOREIGN, &[], &[OWN]), Unaligned);
        assert_eq!(aligned("pass", "fail", "", &[], &[OWN]), Unaligned);
        assert_eq!(aligned("softfail", "none", OWN, &[], &[OWN]), Unaligned);
        assert_eq!(aligned("", "", OWN, &[], &[OWN]), Unknown);
    }

    #[test]
    fn an_spf_pass_of_another_tenant_of_microsoft_proves_nothing() {
        let own = "contoso.onmicrosoft.com";
        assert_eq!(aligned("pass", "fail", "evil.onmicrosoft.com", &[], &[own]), Unaligned);
        assert_eq!(aligned("none", "fail", "", &["evil.onmicrosoft.com", "onmicrosoft.com"], &[own]), Unaligned);
    }

    #[test]
    fn a_signature_proves_its_own_organisation_and_nobody_elses() {
        assert_eq!(aligned("none", "none", FOREIGN, &["Mail.Contoso.com"], &[OWN]), Aligned);
        assert_eq!(aligned("none", "none", FOREIGN, &[FOREIGN, "contoso.com.evil.example"], &[OWN]), Unaligned);
        assert_eq!(aligned("", "", FOREIGN, &[OWN], &[OWN]), Aligned);
        assert_eq!(aligned("", "", FOREIGN, &[FOREIGN], &[OWN]), Unaligned);
    }

    #[test]
    fn an_added_author_of_the_attackers_proves_nothing_wherever_it_stands() {
        for authors in [[FOREIGN, OWN], [OWN, FOREIGN]] {
            assert_eq!(aligned("pass", "pass", FOREIGN, &[FOREIGN], &authors), Unaligned, "{authors:?}");
            assert_eq!(aligned("pass", "fail", OWN, &[], &authors), Aligned, "{authors:?}");
            assert_eq!(aligned("none", "fail", FOREIGN, &[FOREIGN, OWN], &authors), Aligned, "{authors:?}");
        }
    }

    #[test]
    fn each_own_author_needs_a_proof_of_its_own() {
        let authors = [OWN, "contoso.onmicrosoft.com"];
        assert_eq!(aligned("pass", "pass", OWN, &[], &authors), Unaligned);
        assert_eq!(aligned("pass", "pass", OWN, &["contoso.onmicrosoft.com"], &authors), Aligned);
        assert_eq!(aligned("none", "pass", "", &[], &[OWN, "news.contoso.com"]), Aligned);
    }

    #[test]
    fn where_only_the_envelope_claims_the_header_still_has_to_agree_with_it() {
        assert_eq!(aligned("pass", "fail", OWN, &[], &["fabrikam.com"]), Unaligned);
        assert_eq!(aligned("pass", "fail", OWN, &[], &[]), Unaligned);
    }
}
