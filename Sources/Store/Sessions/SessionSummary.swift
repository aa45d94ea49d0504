import JSON
import Synchronization

/// A conversation without its transcript. It has no messages and no way to be saved (architecture, idea 2).
public struct SessionSummary: Sendable {
  /// Everything is worked out once; copies share it.
  private final class Facts: Sendable {
    let id: SessionID
    let metadata: JSONObject
    let transcript: TranscriptFacts
    let title: String
    let workspace: String
    let profile: String?
    let projectID: String?
    let parentSessionID: String?
    let sessionSource: String?
    let sourceTag: String?
    let createdAt: Double
    let updatedAt: Double
    let activeStreamID: StreamID?
    let pendingUserMessage: String?
    let pendingStartedAt: Double?
    let worktreePath: String?
    let flags: Flags
    let row = Mutex<(variant: RowVariant, bytes: [UInt8])?>(nil)

    init(id: SessionID, metadata: JSONObject, transcript: TranscriptFacts, fallbackTime: Double) {
      self.id = id
      self.metadata = metadata
      self.transcript = transcript
      title = metadata["title"]?.string ?? "Untitled"
      workspace = metadata["workspace"]?.string ?? ""
      profile = SessionOwner.stored(in: metadata).nonEmpty
      projectID = metadata["project_id"]?.string.nonEmpty
      parentSessionID = metadata["parent_session_id"]?.string.nonEmpty
      sessionSource = metadata["session_source"]?.string.nonEmpty
      sourceTag = metadata["source_tag"]?.string.nonEmpty
      updatedAt = metadata["updated_at"]?.double ?? metadata["created_at"]?.double ?? fallbackTime
      createdAt = metadata["created_at"]?.double ?? updatedAt
      activeStreamID = metadata["active_stream_id"]?.string.flatMap { StreamID($0) }
      pendingUserMessage = metadata["pending_user_message"]?.string.nonEmpty
      pendingStartedAt = metadata["pending_started_at"]?.double
      worktreePath = metadata["worktree_path"]?.string.nonEmpty
      flags = Flags(metadata)
    }
  }

  private struct Flags: OptionSet {
    let rawValue: UInt8
    static let pinned = Flags(rawValue: 1)
    static let archived = Flags(rawValue: 2)
    static let commandLine = Flags(rawValue: 4)
    static let readOnly = Flags(rawValue: 8)
    static let snapshot = Flags(rawValue: 16)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ metadata: JSONObject) {
      let keys: [(String, Flags)] = [
        ("pinned", .pinned), ("archived", .archived), ("is_cli_session", .commandLine), ("read_only", .readOnly),
        ("pre_compression_snapshot", .snapshot),
      ]
      self = keys.reduce(into: []) { flags, key in
        if let value = metadata[key.0], !value.isFalsy { flags.insert(key.1) }
      }
    }
  }

  private let facts: Facts

  /// A summary.
  ///
  /// - Parameter fallbackTime: What counts as time of a file that names none, in seconds since 1970.
  init(id: SessionID, metadata: JSONObject, transcript: TranscriptFacts, fallbackTime: Double = 0) {
    facts = Facts(id: id, metadata: metadata, transcript: transcript, fallbackTime: fallbackTime)
  }

  /// The summary of a whole conversation.
  init(of document: SessionDocument, fallbackTime: Double = 0) {
    self.init(
      id: document.id, metadata: document.metadata, transcript: TranscriptFacts(of: document.messages),
      fallbackTime: fallbackTime)
  }

  var transcript: TranscriptFacts { facts.transcript }

  /// The conversation.
  public var id: SessionID { facts.id }
  /// What stands before `messages` in its file, as stored, with keys that this version does not know.
  public var metadata: JSONObject { facts.metadata }
  /// The title; `Untitled` when none is stored.
  public var title: String { facts.title }
  /// The folder that the agent works in; empty when none is stored.
  public var workspace: String { facts.workspace }
  /// The model's id.
  public var model: String? { metadata["model"]?.string }
  /// Who serves the model, in lower case (domain 1.3).
  public var modelProvider: String? { metadata["model_provider"]?.string.nonEmpty?.lowercased() }
  /// Whose it is; nil in older files, which belong to the root profile (domain 3.14). What stands in the file and is no
  /// text gives a name that no profile has.
  public var profile: String? { facts.profile }
  /// Whether its file names an owner that cannot be one, so that it is nobody's.
  public var isOwnerless: Bool { facts.profile == SessionOwner.nobody }
  /// Its project.
  public var projectID: String? { facts.projectID }
  /// The conversation that it was split from or continues.
  public var parentSessionID: String? { facts.parentSessionID }
  /// When it was made, in seconds since 1970.
  public var createdAt: Double { facts.createdAt }
  /// When it last changed, in seconds since 1970.
  public var updatedAt: Double { facts.updatedAt }
  /// How many messages it has; at least 1 while a prompt waits to become one (domain 1.7).
  public var messageCount: Int { max(facts.transcript.messageCount, hasPendingUserMessage ? 1 : 0) }
  /// How many messages a user wrote.
  public var userMessageCount: Int { facts.transcript.userMessageCount }
  /// The time of the newest message, else of the last change; the start of a waiting prompt (domain 1.7).
  public var lastMessageAt: Double {
    if hasPendingUserMessage, let pendingStartedAt { return pendingStartedAt }
    return facts.transcript.lastMessageAt ?? updatedAt
  }
  /// The stored stream id. It is a fact of the file, not a sign of life (invariant 28).
  public var activeStreamID: StreamID? { facts.activeStreamID }
  /// The prompt of a running turn.
  public var pendingUserMessage: String? { facts.pendingUserMessage }
  /// When the running turn began, in seconds since 1970.
  public var pendingStartedAt: Double? { facts.pendingStartedAt }
  /// Whether a prompt waits to become a message.
  public var hasPendingUserMessage: Bool { facts.pendingUserMessage != nil }
  /// Whether it is pinned.
  public var pinned: Bool { facts.flags.contains(.pinned) }
  /// Whether it is archived.
  public var archived: Bool { facts.flags.contains(.archived) }
  /// Whether it was taken over from the command line.
  public var isCommandLine: Bool { facts.flags.contains(.commandLine) }
  /// Whether it may only be read.
  public var isReadOnly: Bool { facts.flags.contains(.readOnly) }
  /// Whether it is what a conversation was before it was compressed.
  public var isCompressionSnapshot: Bool { facts.flags.contains(.snapshot) }
  /// `fork` for a branch, or the group of its source.
  public var sessionSource: String? { facts.sessionSource }
  /// The raw source, when the file has it.
  public var sourceTag: String? { facts.sourceTag }
  /// The folder of its git worktree.
  public var worktreePath: String? { facts.worktreePath }
  /// What was typed and not sent.
  public var composerDraft: JSONObject { metadata["composer_draft"]?.object ?? [:] }

  /// The bytes of a list row that is as it is on nearly every request: not running, nobody asks anything.
  func cachedRow(_ variant: RowVariant, make: () -> [UInt8]) -> [UInt8] {
    facts.row.withLock { row in
      if let row, row.variant == variant { return row.bytes }
      let bytes = make()
      row = (variant, bytes)
      return bytes
    }
  }
}

/// What a cached row depends on besides its summary.
struct RowVariant: Hashable {
  var source: SessionSource?
  var defaultWorkspace: String
}

extension Optional<String> {
  /// The text, nil when there is nothing in it.
  var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
