//! Who may do what: five roles, a closed list of permissions, and one table between them.
//!
//! The roles keep apart what one person must not hold alone without anybody noticing: who signs does not audit, who asks
//! does not approve, and who gives out tokens has no way to the people in the register. A caller may have several roles;
//! that is the agency's choice, made where the token is created. What is not in the table is refused, and a new
//! permission is refused to everybody until it is entered there.
//!
//! A token that is bound to a delegation has, whatever its roles, only what is in [`DELEGATE`] as well.

use std::collections::BTreeSet;
use std::fmt;

/// What a caller is there for. The words stand in stores and in the configuration, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Registers people: issues, renews and re-issues their documents, and finds them again.
    Registrar,
    /// Is the second person: agrees to what another has asked for, or declines.
    Approver,
    /// Takes documents back: suspends, resumes, revokes.
    Revoker,
    /// Reads the log, the statistics and single documents; changes nothing.
    Auditor,
    /// Gives out tokens and delegations and looks after keys; sees no register.
    Administrator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Registrar, Self::Approver, Self::Revoker, Self::Auditor, Self::Administrator];

    /// The word in stores, commands and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Registrar => "registrar",
            Role::Approver => "approver",
            Role::Revoker => "revoker",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    /// The role of a word.
    ///
    /// # Errors
    /// [`NotARole`].
    pub fn from_word(word: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or(NotARole)
    }

    /// What the role may do: the table of `docs/access.md`.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Role::Registrar => &[
                P::Issue,
                P::Renew,
                P::Reissue,
                P::Read,
                P::Search,
                P::SubmitJob,
                P::CancelJob,
                P::ReadJob,
                P::SignReceipt,
                P::Statistics,
            ],
            Role::Approver => &[P::Read, P::ReadJob, P::ReadApprovals, P::Approve],
            Role::Revoker => &[
                P::Read,
                P::Search,
                P::Suspend,
                P::Resume,
                P::Revoke,
                P::SubmitJob,
                P::CancelJob,
                P::ReadJob,
                P::ReadApprovals,
            ],
            Role::Auditor => {
                &[P::Read, P::ReadJob, P::Statistics, P::ReadAudit, P::ReadApprovals, P::ReadMetrics]
            }
            Role::Administrator => &[
                P::CancelJob,
                P::ReadJob,
                P::ManageDelegations,
                P::Statistics,
                P::ManageTokens,
                P::ReadApprovals,
                P::ManageKeys,
                P::ReadMetrics,
            ],
        }
    }
}

/// One thing that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Sign a new document.
    Issue,
    /// Sign a document for the time after another.
    Renew,
    /// Sign a document in the place of a lost or wrong one.
    Reissue,
    /// Read one document by its id.
    Read,
    /// List documents, and find them by member number or name.
    Search,
    /// Suspend a document.
    Suspend,
    /// Resume a suspended document.
    Resume,
    /// Revoke a document.
    Revoke,
    /// Hand in a bulk job. What the job does needs its own permission beside this one.
    SubmitJob,
    /// Cancel a bulk job.
    CancelJob,
    /// Follow a bulk job and fetch its result.
    ReadJob,
    /// Sign a receipt for a contribution.
    SignReceipt,
    /// Grant, list and take back delegations.
    ManageDelegations,
    /// Read counts of documents, none of them of few people.
    Statistics,
    /// Read the audit log.
    ReadAudit,
    /// Create, list and withdraw API tokens.
    ManageTokens,
    /// Read what waits for a second person.
    ReadApprovals,
    /// Agree to what another person asked for, or decline.
    Approve,
    /// Ask for a change of keys.
    ManageKeys,
    /// Read the counters of the service.
    ReadMetrics,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 20] = [
        Self::Issue,
        Self::Renew,
        Self::Reissue,
        Self::Read,
        Self::Search,
        Self::Suspend,
        Self::Resume,
        Self::Revoke,
        Self::SubmitJob,
        Self::CancelJob,
        Self::ReadJob,
        Self::SignReceipt,
        Self::ManageDelegations,
        Self::Statistics,
        Self::ReadAudit,
        Self::ManageTokens,
        Self::ReadApprovals,
        Self::Approve,
        Self::ManageKeys,
        Self::ReadMetrics,
    ];

    /// The word in answers and in the documentation.
    pub const fn word(self) -> &'static str {
        match self {
            Permission::Issue => "issue",
            Permission::Renew => "renew",
            Permission::Reissue => "reissue",
            Permission::Read => "read",
            Permission::Search => "search",
            Permission::Suspend => "suspend",
            Permission::Resume => "resume",
            Permission::Revoke => "revoke",
            Permission::SubmitJob => "submit-job",
            Permission::CancelJob => "cancel-job",
            Permission::ReadJob => "read-job",
            Permission::SignReceipt => "sign-receipt",
            Permission::ManageDelegations => "manage-delegations",
            Permission::Statistics => "statistics",
            Permission::ReadAudit => "read-audit",
            Permission::ManageTokens => "manage-tokens",
            Permission::ReadApprovals => "read-approvals",
            Permission::Approve => "approve",
            Permission::ManageKeys => "manage-keys",
            Permission::ReadMetrics => "read-metrics",
        }
    }
}

/// What is left of a caller's permissions where its token is bound to a delegation: a clinic or co-operative hands in
/// what it registers and collects. It reads nobody's documents; the ones it makes are answered to it.
pub const DELEGATE: [Permission; 5] = [
    Permission::Issue,
    Permission::SubmitJob,
    Permission::CancelJob,
    Permission::ReadJob,
    Permission::SignReceipt,
];

/// The roles of a caller. An account of an identity provider may have none, and then may do nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Roles in any order; one that stands twice counts once.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        Self(roles.into_iter().collect())
    }

    /// Whether one of the roles allows it.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| role.permissions().contains(&permission))
    }

    /// Whether a role is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The first of `others` that is not among them.
    pub fn lacks(&self, others: &Roles) -> Option<Role> {
        others.iter().find(|role| !self.has(*role))
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The roles, in the order of [`Role::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}

/// The words, with spaces between them.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, role) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { " " })?;
            f.write_str(role.word())?;
        }
        Ok(())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of registrar, approver, revoker, auditor, administrator")]
pub struct NotARole;

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns: registrar, approver, revoker, auditor, administrator, and what a delegation leaves.
    const TABLE: &str = "
        issue               yes .   .   .   .   yes
        renew               yes .   .   .   .   .
        reissue             yes .   .   .   .   .
        read                yes yes yes yes .   .
        search              yes .   yes .   .   .
        suspend             .   .   yes .   .   .
        resume              .   .   yes .   .   .
        revoke              .   .   yes .   .   .
        submit-job          yes .   yes .   .   yes
        cancel-job          yes .   yes .   yes yes
        read-job            yes yes yes yes yes yes
        sign-receipt        yes .   .   .   .   yes
        manage-delegations  .   .   .   .   yes .
        statistics          yes .   .   yes yes .
        read-audit          .   .   .   yes .   .
        manage-tokens       .   .   .   .   yes .
        read-approvals      .   yes yes yes yes .
        approve             .   yes .   .   .   .
        manage-keys         .   .   .   .   yes .
        read-metrics        .   .   .   yes yes .
    ";

    #[test]
    fn the_table_stands_as_it_is_stated_here_in_full() {
        let rows: Vec<Vec<&str>> = TABLE
            .lines()
            .map(|line| line.split_whitespace().collect())
            .filter(|row: &Vec<_>| !row.is_empty())
            .collect();
        assert_eq!(rows.len(), Permission::ALL.len());
        for (row, permission) in rows.iter().zip(Permission::ALL) {
            assert_eq!(row[0], permission.word());
            for (cell, role) in row[1..6].iter().zip(Role::ALL) {
                assert_eq!(*cell == "yes", Roles::new([role]).allow(permission), "{role} {permission}");
            }
            assert_eq!(row[6] == "yes", DELEGATE.contains(&permission), "delegate {permission}");
        }
    }

    #[test]
    fn nobody_who_asks_approves_and_nobody_who_signs_audits() {
        for (one, other) in [
            (Permission::Approve, Permission::Revoke),
            (Permission::Approve, Permission::ManageKeys),
            (Permission::Approve, Permission::ManageTokens),
            (Permission::ReadAudit, Permission::Issue),
            (Permission::ReadAudit, Permission::ManageTokens),
            (Permission::ManageTokens, Permission::Issue),
            (Permission::ManageTokens, Permission::Read),
        ] {
            let both = Role::ALL
                .into_iter()
                .find(|role| role.permissions().contains(&one) && role.permissions().contains(&other));
            assert_eq!(both, None, "{one} and {other}");
        }
    }

    #[test]
    fn a_delegate_reads_and_takes_back_nothing() {
        for permission in [Permission::Read, Permission::Search, Permission::Revoke, Permission::ManageTokens]
        {
            assert!(!DELEGATE.contains(&permission), "{permission}");
        }
    }

    #[test]
    fn no_role_allows_nothing_and_two_roles_allow_what_each_does() {
        assert!(Permission::ALL.into_iter().all(|permission| !Roles::new([]).allow(permission)));
        let both = Roles::new([Role::Revoker, Role::Registrar, Role::Revoker]);
        assert!(both.allow(Permission::Issue) && both.allow(Permission::Revoke));
        assert_eq!(both.to_string(), "registrar revoker");
        assert_eq!(both.lacks(&Roles::new([Role::Registrar, Role::Approver])), Some(Role::Approver));
        assert_eq!(both.lacks(&Roles::new([Role::Registrar])), None);
    }

    #[test]
    fn only_the_words_of_the_table_are_roles() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.word()), Ok(role));
        }
        for wrong in ["", "Registrar", "registrar ", "admin", "root", "registrar\0"] {
            assert_eq!(Role::from_word(wrong), Err(NotARole), "{wrong:?}");
        }
    }
}
