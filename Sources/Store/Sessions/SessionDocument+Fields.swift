import JSON

/// Typed views of what is stored; everything else is in ``metadata``.
extension SessionDocument {
  /// The title; `Untitled` when none is stored.
  public var title: String {
    get { metadata["title"]?.string ?? "Untitled" }
    set { metadata["title"] = .string(newValue) }
  }

  /// Whether a person chose the title.
  public var hasManualTitle: Bool {
    get { metadata["manual_title"]?.bool ?? false }
    set { metadata["manual_title"] = .bool(newValue) }
  }

  /// The folder that the agent works in; empty when none is stored.
  public var workspace: String {
    get { metadata["workspace"]?.string ?? "" }
    set { metadata["workspace"] = .string(newValue) }
  }

  /// The model's id.
  public var model: String? {
    get { metadata["model"]?.string }
    set { metadata["model"] = .optional(newValue) }
  }

  /// Who serves the model.
  public var modelProvider: String? {
    get { metadata["model_provider"]?.string }
    set { metadata["model_provider"] = .optional(newValue) }
  }

  /// When it was made, in seconds since 1970; 0 when that is not stored.
  public var createdAt: Double {
    get { metadata["created_at"]?.double ?? 0 }
    set { metadata["created_at"] = .double(newValue) }
  }

  /// When it last changed, in seconds since 1970; 0 when that is not stored.
  public var updatedAt: Double {
    get { metadata["updated_at"]?.double ?? 0 }
    set { metadata["updated_at"] = .double(newValue) }
  }

  /// Whether it is pinned.
  public var pinned: Bool {
    get { metadata["pinned"]?.bool ?? false }
    set { metadata["pinned"] = .bool(newValue) }
  }

  /// Whether it is archived.
  public var archived: Bool {
    get { metadata["archived"]?.bool ?? false }
    set { metadata["archived"] = .bool(newValue) }
  }

  /// Its project.
  public var projectID: String? {
    get { metadata["project_id"]?.string }
    set { metadata["project_id"] = .optional(newValue) }
  }

  /// Whose it is; nil in older files. What stands in the file and is no text gives a name that no profile has.
  public var profile: String? {
    get { SessionOwner.stored(in: metadata) }
    set { metadata["profile"] = .optional(newValue) }
  }

  /// The conversation that it was split from or continues.
  public var parentSessionID: String? {
    get { metadata["parent_session_id"]?.string }
    set { metadata["parent_session_id"] = .optional(newValue) }
  }

  /// The agent's personality.
  public var personality: String? {
    get { metadata["personality"]?.string }
    set { metadata["personality"] = .optional(newValue) }
  }

  /// The toolsets of this conversation; nil for those of the profile.
  public var enabledToolsets: [String]? {
    get { metadata["enabled_toolsets"]?.array?.compactMap(\.string) }
    set { metadata["enabled_toolsets"] = newValue.map { .array($0.map { .string($0) }) } ?? .null }
  }

  /// Whether it may only be read.
  public var isReadOnly: Bool { metadata["read_only"]?.bool ?? false }

  /// What was typed and not sent: `text` and `files` (domain 3.10).
  public var composerDraft: JSONObject {
    get { metadata["composer_draft"]?.object ?? [:] }
    set { metadata["composer_draft"] = .object(newValue) }
  }

  /// The turn that is running by what is stored: set all of its fields or, with nil, clear all (invariant 23).
  ///
  /// A file in which text or stream id is missing reads as nil; see ``storedStreamID`` and ``storedPendingText``. Where
  /// only the start is missing, the last change is taken for it.
  public var pendingTurn: PendingTurn? {
    get {
      guard let streamID = storedStreamID, let text = storedPendingText else { return nil }
      return PendingTurn(
        streamID: streamID, text: text, attachments: metadata["pending_attachments"]?.array ?? [],
        startedAt: metadata["pending_started_at"]?.double ?? updatedAt, source: metadata["pending_user_source"]?.string)
    }
    set {
      guard let turn = newValue else { return clearTurnFields() }
      metadata["active_stream_id"] = .string(turn.streamID.text)
      metadata["pending_user_message"] = .string(turn.text)
      metadata["pending_attachments"] = .array(turn.attachments)
      metadata["pending_started_at"] = .double(turn.startedAt)
      if metadata["pending_user_source"] != nil || turn.source != nil {
        metadata["pending_user_source"] = .optional(turn.source)
      }
    }
  }

  /// A file without these keys stays without them, so that clearing nothing changes nothing.
  private mutating func clearTurnFields() {
    for key in PendingTurn.keys where metadata[key] != nil {
      metadata[key] = key == "pending_attachments" ? [] : .null
    }
  }

  /// The stream id that is stored, with or without a prompt: an older server clears the prompt before the turn ends.
  public var storedStreamID: StreamID? { metadata["active_stream_id"]?.string.flatMap { StreamID($0) } }

  /// The prompt that is stored and not yet a message, with or without a stream id.
  public var storedPendingText: String? {
    metadata["pending_user_message"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether any field of a turn is set.
  public var hasTurnFields: Bool {
    PendingTurn.keys.contains { metadata[$0].map { !$0.isFalsy } ?? false }
  }
}
