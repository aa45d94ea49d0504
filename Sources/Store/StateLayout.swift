/// Where everything lies (domain 1.1 and 1.8). Only paths; nothing here touches the disk.
public struct StateLayout: Sendable, Equatable {
  /// The root profile's home: `HERMES_BASE_HOME`, else `HERMES_HOME`, else `~/.hermes`.
  public let baseHome: String
  /// Sessions, settings, projects: `HERMES_WEBUI_STATE_DIR`, else `<HERMES_HOME>/webui`.
  public let stateDirectory: String
  /// One `config.yaml` for every profile (`HERMES_CONFIG_PATH`); nil means each profile has its own.
  public let configurationOverride: String?

  /// A layout of absolute paths.
  public init(baseHome: String, stateDirectory: String, configurationOverride: String? = nil) {
    self.baseHome = baseHome
    self.stateDirectory = stateDirectory
    self.configurationOverride = configurationOverride
  }

  /// One file a conversation, and their index.
  public var sessionsDirectory: String { stateDirectory + "/sessions" }
  /// The cache of the list.
  public var indexFile: String { sessionsDirectory + "/_index.json" }
  /// The settings of the page.
  public var settingsFile: String { stateDirectory + "/settings.json" }
  /// The projects of all profiles.
  public var projectsFile: String { stateDirectory + "/projects.json" }
  /// Ids of conversations that were deleted.
  public var tombstonesFile: String { sessionsDirectory + "/_deleted_webui_sessions.json" }
  /// The profile that is active for the whole process.
  public var activeProfileFile: String { baseHome + "/active_profile" }
  /// Where the named profiles are.
  public var profilesDirectory: String { baseHome + "/profiles" }

  /// A conversation's file.
  public func sidecar(_ session: SessionID) -> String { "\(sessionsDirectory)/\(session).json" }
  /// What a conversation was before it shrank.
  public func backup(_ session: SessionID) -> String { "\(sessionsDirectory)/\(session).json.bak" }
  /// The journals of a conversation's runs.
  public func runJournals(_ session: SessionID) -> String { "\(sessionsDirectory)/_run_journal/\(session)" }
  /// The journal of one run.
  public func runJournal(_ session: SessionID, _ stream: StreamID) -> String {
    "\(runJournals(session))/\(stream).jsonl"
  }
  /// The journal of turns that one process writes for a conversation.
  public func turnJournal(_ session: SessionID, process: Int32) -> String {
    "\(sessionsDirectory)/_turn_journal/\(session)~\(process).jsonl"
  }

  /// A profile's home.
  public func home(of profile: ProfileName) -> String {
    profile == .root ? baseHome : "\(profilesDirectory)/\(profile)"
  }
  /// A profile's configuration of the agent.
  public func configuration(of profile: ProfileName) -> String {
    configurationOverride ?? home(of: profile) + "/config.yaml"
  }
  /// The agent's database of a profile.
  public func database(of profile: ProfileName) -> String { home(of: profile) + "/state.db" }
  /// Where a profile's list of workspaces is: the root profile has it in the state directory (domain 1.1).
  public func workspacesDirectory(of profile: ProfileName) -> String {
    profile == .root ? stateDirectory : home(of: profile) + "/webui_state"
  }
}
