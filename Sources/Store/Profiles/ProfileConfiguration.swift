import Yams

/// What a `config.yaml` says that the server has to know. Everything else in it is the agent's.
public struct ProfileConfiguration: Sendable, Equatable {
  /// The default model.
  public var model = ModelSettings()
  /// The most tokens of an answer (`max_tokens`).
  public var maxTokens: Int?
  /// Where commands run (`terminal.cwd`), as written.
  public var terminalFolder: String?
  /// What commands run on (`terminal.backend`): `local`, `docker`, `ssh`, ...
  public var terminalBackend: String?
  /// The folder of new conversations (`workspace`), as written.
  public var workspace: String?
  /// The same under its other name (`default_workspace`), as written.
  public var defaultWorkspace: String?
  /// Whether a new conversation gets a worktree of its own.
  public var worktree: Bool?
  /// The names of skills that are switched off (`skills.disabled`).
  public var disabledSkills: Set<String> = []

  /// An empty configuration.
  public init() {}

  /// Whether commands run somewhere else, so that the folder cannot be looked at from here (wire-platform 5.1).
  public var hasRemoteTerminal: Bool {
    guard let backend = terminalBackend?.lowercased() else { return false }
    return backend != "local"
  }

  /// Reads a configuration. A value of the wrong kind counts as missing.
  ///
  /// - Throws: `YamlError` when the text is no YAML, ``NotAMapping``, and an error when it has too many aliases.
  public init(yaml: String) throws {
    guard let root = try BoundedYAML.compose(yaml), root.tag != Tag(.null) else { return }
    guard case .mapping = root else { throw NotAMapping() }
    if case .scalar? = root["model"] {
      model.defaultModel = root.text("model")
    } else if let section = root["model"] {
      model = ModelSettings(
        defaultModel: section.text("default"), provider: section.text("provider"), baseURL: section.text("base_url"),
        apiKey: section.text("api_key").map(Secret.init), contextLength: section.positive("context_length"))
    }
    maxTokens = root.positive("max_tokens")
    terminalFolder = root["terminal"]?.text("cwd")
    terminalBackend = root["terminal"]?.text("backend")
    workspace = root.text("workspace")
    defaultWorkspace = root.text("default_workspace")
    worktree = root["worktree"]?.bool
    disabledSkills = Set(root["skills"]?["disabled"]?.sequence?.compactMap(\.plainText) ?? [])
  }

  /// YAML whose top is a list or a single value.
  public struct NotAMapping: Error, CustomStringConvertible {
    /// A sentence for the log.
    public var description: String { "its top is not a mapping" }
  }
}

extension Node {
  /// A value that is neither null nor blank, without white space around it.
  fileprivate var plainText: String? {
    guard case .scalar(let scalar) = self, tag != Tag(.null) else { return nil }
    let text = scalar.string.drop(while: \.isWhitespace)
    let end = text.lastIndex { !$0.isWhitespace }
    return end.map { String(text[...$0]) }
  }

  fileprivate func text(_ key: String) -> String? { self[key]?.plainText }

  fileprivate func positive(_ key: String) -> Int? {
    guard let value = self[key]?.int, value > 0 else { return nil }
    return value
  }
}
