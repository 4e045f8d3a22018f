//! The memory, as one state machine.

/// One entry of the detector's state that changed.
///
/// State is kept as many small entries, so that a commit writes what changed and nothing else. Values are canonical
/// JSON: equal state is equal bytes, and the ledger can be read with any SQLite tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The tenant's Entra id.
    pub tenant: String,
    /// What kind of entry, for example `campaign`.
    pub kind: String,
    /// Which one, unique within the tenant and the kind.
    pub key: String,
    /// The entry, or `None` where it is gone.
    pub value: Option<String>,
}
