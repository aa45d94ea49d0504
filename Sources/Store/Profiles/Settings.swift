import JSON
import Logging

/// The settings of the page (`settings.json`, domain 1.6, wire-platform 4.1), read and never written.
public final class Settings: Sendable {
  static let largestFile = 1 << 22

  private let path: String
  private let disk: DiskExecutor
  private let warn: RepeatedWarning
  private let memo: FileMemo<JSONObject>
  private let defaultWorkspace: DefaultWorkspace
  private let botName: String

  /// Settings that are read when they are asked for, and again when the file changed.
  ///
  /// - Parameters:
  ///   - layout: Where the file is.
  ///   - disk: Where the reads run.
  ///   - logger: Hears about a file that cannot be understood.
  ///   - defaultWorkspace: The folder that counts when the file names none.
  ///   - botName: The name of the assistant when the file gives none (`HERMES_WEBUI_BOT_NAME`).
  public init(
    layout: StateLayout, disk: DiskExecutor, logger: Logger, defaultWorkspace: DefaultWorkspace,
    botName: String = "Hermes"
  ) {
    path = layout.settingsFile
    self.disk = disk
    self.defaultWorkspace = defaultWorkspace
    self.botName = botName.isEmpty ? "Hermes" : botName
    warn = RepeatedWarning(logger: logger)
    memo = FileMemo(limit: Self.largestFile) { bytes, path in
      guard let object = try JSONValue(parsing: bytes, limits: .files).object else { throw NotAnObject() }
      return object
    }
  }

  /// A file that is JSON, but no object.
  public struct NotAnObject: Error, CustomStringConvertible {
    /// A sentence for the log.
    public var description: String { "the settings are no JSON object" }
  }

  /// The file is there, and whether it holds a password cannot be told.
  public struct UnusableFile: Error, CustomStringConvertible {
    /// Where it is.
    public let path: String
    /// What is wrong with it; nothing of its content.
    public let reason: String
    /// What is wrong and what to do, for whoever starts the server.
    public var description: String {
      "The settings file \(path) cannot be used (\(reason)), so it is not known whether a password is set. Mend the "
        + "file, or move it away to start with the default settings and without a password."
    }
  }

  /// The settings as `GET /api/settings` answers them, in the order of the table of wire-platform 4.1, then the keys that
  /// the table does not know as they stand in the file, then the extras. Never with `password_hash`.
  ///
  /// A missing file gives the defaults, and so does one that cannot be read, which is logged.
  ///
  /// - Parameter extras: What the caller computes (`default_model`, `max_tokens`, `webui_version`, ...). A key that is
  ///   there already keeps its place and gets the new value.
  public func object(extras: JSONObject = [:]) async -> JSONObject {
    var settings = await disk.value { self.merged() }
    for (key, value) in extras {
      // Its place is between the models and the limits (captured order).
      if key == "max_tokens" { moveSpeechKeys(in: &settings) }
      settings[key] = value
    }
    return settings
  }

  /// Whether credentials are hidden in what is shown (`api_redact_enabled`); yes unless somebody said no.
  public func masksCredentials() async -> Bool {
    await object()["api_redact_enabled"]?.bool ?? true
  }

  /// Whether the file holds a password.
  ///
  /// - Throws: ``UnusableFile`` when there is a file that cannot be read or understood. It may have held a password, so
  ///   the caller must not take that for a no.
  public func passwordIsConfigured() async throws(UnusableFile) -> Bool {
    do {
      return try await disk.run { try self.memo.value(of: self.path)?["password_hash"].map { !$0.isFalsy } ?? false }
    } catch {
      throw UnusableFile(path: path, reason: "\(error)")
    }
  }

  /// What the file says about the default folder. Blocks.
  func savedDefaultWorkspace() -> String? {
    stored()["default_workspace"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func merged() -> JSONObject {
    let stored = stored()
    var workspace = stored["default_workspace"]?.string ?? ""
    if workspace.isEmpty { workspace = defaultWorkspace.resolve(saved: nil) }
    return SettingsMerge(defaultWorkspace: workspace, botName: botName).merge(stored)
  }

  private func stored() -> JSONObject {
    do {
      return try memo.value(of: path) ?? [:]
    } catch {
      warn(about: path, "The settings cannot be used; the defaults count: \(error)")
      return [:]
    }
  }

  private func moveSpeechKeys(in settings: inout JSONObject) {
    let keys = settings["persisted_speech_keys"]
    settings["persisted_speech_keys"] = nil
    settings["persisted_speech_keys"] = keys
  }
}
