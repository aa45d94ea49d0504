import JSON

/// What a client wants to see of the list (wire 1.1), and what the list must know of the moment.
public struct SessionListQuery: Sendable {
  /// One half of the sidebar.
  public enum Source: String, Sendable {
    /// Everything but command-line sessions.
    case webui
    /// Command-line sessions.
    case cli
  }

  /// The rows of every profile.
  public var allProfiles: Bool
  /// Archived rows too.
  public var includeArchived: Bool
  /// Without the rows that are `default_hidden`.
  public var excludeHidden: Bool
  /// How many archived rows; nil for all. Counts only with ``includeArchived``; at most 2,000.
  public var archivedLimit: Int?
  /// How many archived rows are passed over; at most 200,000.
  public var archivedOffset: Int
  /// One half of the sidebar; nil for both.
  public var source: Source?
  /// The profile of the request.
  public var profile: ProfileName
  /// Whether a profile's name means the base home (domain 3.13). `default`, `""` and null always do.
  public var isRootAlias: @Sendable (String) -> Bool
  /// The setting `show_cli_sessions`: conversations that only the agent has are listed too.
  public var showsAgentSessions: Bool
  /// The setting `show_previous_messaging_sessions`: every conversation of a messenger's chat, not only the newest.
  public var showsPreviousMessaging: Bool
  /// The workspace of conversations that name none.
  public var defaultWorkspace: String
  /// What waits for a person in a conversation: an object with `kind`, `count` and `severity`.
  public var attention: @Sendable (SessionID) -> JSONObject?

  /// A query; numbers out of range are moved to the nearer end.
  public init(
    allProfiles: Bool = false, includeArchived: Bool = false, excludeHidden: Bool = false, archivedLimit: Int? = nil,
    archivedOffset: Int = 0, source: Source? = nil, profile: ProfileName = .root,
    isRootAlias: @escaping @Sendable (String) -> Bool = { _ in false }, showsAgentSessions: Bool = true,
    showsPreviousMessaging: Bool = false, defaultWorkspace: String = "",
    attention: @escaping @Sendable (SessionID) -> JSONObject? = { _ in nil }
  ) {
    self.allProfiles = allProfiles
    self.includeArchived = includeArchived
    self.excludeHidden = excludeHidden
    self.archivedLimit = archivedLimit.map { min(max($0, 0), 2000) }
    self.archivedOffset = min(max(archivedOffset, 0), 200_000)
    self.source = source
    self.profile = profile
    self.isRootAlias = isRootAlias
    self.showsAgentSessions = showsAgentSessions
    self.showsPreviousMessaging = showsPreviousMessaging
    self.defaultWorkspace = defaultWorkspace
    self.attention = attention
  }

  /// The match rule of domain 3.14 (invariant 46): nothing, `default` and every name of the root profile are the same.
  public func matches(profile owner: String?) -> Bool {
    let owner = owner.nonEmpty ?? ProfileName.root.text
    return owner == profile.text || (isRoot(owner) && isRoot(profile.text))
  }

  private func isRoot(_ name: String) -> Bool { name == ProfileName.root.text || isRootAlias(name) }
}
