/// A conversation as the agent's database knows it (domain 2.1): what the list needs of one row of its `sessions` table.
public struct AgentSessionRow: Sendable, Equatable {
  /// The conversation.
  public var id: SessionID
  /// The profile whose database was read.
  public var profile: ProfileName
  /// The raw source: `webui`, `cli`, `telegram`, `cron`, ...
  public var source: String
  /// The title, nil when the agent gave none.
  public var title: String?
  /// The model's id.
  public var model: String?
  /// When it began, in seconds since 1970.
  public var startedAt: Double
  /// When the last message was written, in seconds since 1970; ``startedAt`` when there is none.
  public var lastActive: Double
  /// When it ended, in seconds since 1970.
  public var endedAt: Double?
  /// Why it ended: `compression`, `cli_close`, ...
  public var endReason: String?
  /// How many messages are active.
  public var messageCount: Int
  /// How many of them a user wrote.
  public var userMessageCount: Int
  /// The conversation that this one continues or was split from.
  public var parentID: SessionID?
  /// The folder in which it ran.
  public var workingDirectory: String?
  /// Whether the agent has it as archived.
  public var isArchived: Bool
  /// The identity of a messaging conversation, if the agent has one (domain 3.14).
  public var sessionKey: String?
  /// The chat of a messaging conversation.
  public var chatID: String?
  /// `dm`, `group`, ...
  public var chatType: String?
  /// The thread within the chat.
  public var threadID: String?
  /// The person who writes.
  public var userID: String?

  /// A row; everything that an older database does not have may be left out.
  public init(
    id: SessionID, profile: ProfileName, source: String, title: String? = nil, model: String? = nil,
    startedAt: Double, lastActive: Double, endedAt: Double? = nil, endReason: String? = nil, messageCount: Int = 0,
    userMessageCount: Int = 0, parentID: SessionID? = nil, workingDirectory: String? = nil, isArchived: Bool = false,
    sessionKey: String? = nil, chatID: String? = nil, chatType: String? = nil, threadID: String? = nil,
    userID: String? = nil
  ) {
    self.id = id
    self.profile = profile
    self.source = source
    self.title = title
    self.model = model
    self.startedAt = startedAt
    self.lastActive = lastActive
    self.endedAt = endedAt
    self.endReason = endReason
    self.messageCount = messageCount
    self.userMessageCount = userMessageCount
    self.parentID = parentID
    self.workingDirectory = workingDirectory
    self.isArchived = isArchived
    self.sessionKey = sessionKey
    self.chatID = chatID
    self.chatType = chatType
    self.threadID = threadID
    self.userID = userID
  }
}
