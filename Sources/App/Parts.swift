import Handlers
import Logging
import Pipeline
import Store
import Turns

/// The whole server, put together from a configuration.
struct Parts: Sendable {
  let configuration: Configuration
  let logger: Logger
  let store: SessionStore
  let databases: AgentDatabases
  let configurations: ProfileConfigurations
  let settings: Settings
  let workspaces: Workspaces
  let profiles: Profiles
  let projects: Projects
  let agent: AgentConnection
  let turns: Turns
  let description = OpenAPIDescription(version: Version.text)
  let pageFolder: String

  /// Puts everything together; nothing is opened and nothing runs yet.
  ///
  /// - Throws: ``ConfigurationError``.
  init(_ configuration: Configuration, logger: Logger) async throws {
    let layout = configuration.layout
    let disk = DiskExecutor()
    let fallback = DefaultWorkspace(
      stateDirectory: layout.stateDirectory, userHome: configuration.userHome,
      environmentValue: configuration.defaultWorkspace)
    self.configuration = configuration
    self.logger = logger
    store = SessionStore(layout: layout, disk: disk, logger: logger)
    databases = AgentDatabases(layout: layout, disk: disk, logger: logger)
    configurations = ProfileConfigurations(layout: layout, disk: disk, logger: logger)
    settings = Settings(
      layout: layout, disk: disk, logger: logger, defaultWorkspace: fallback, botName: configuration.botName)
    workspaces = Workspaces(
      layout: layout, disk: disk, logger: logger, settings: settings, configurations: configurations,
      defaultWorkspace: fallback)
    profiles = Profiles(
      layout: layout, disk: disk, logger: logger, configurations: configurations, workspaces: workspaces)
    projects = Projects(layout: layout, disk: disk, logger: logger, profiles: profiles)
    agent = try await AgentConnection(configuration, configurations, logger: logger)
    let settings = settings
    turns = Turns(
      TurnServices(
        store: store, layout: layout, disk: disk, runtime: agent.runtime, endpoint: agent.endpoint,
        masks: { await settings.masksCredentials() },
        changes: ListChanges(), logger: logger))
    pageFolder = try PageFolder.find()
  }

  /// Compiles the routing table.
  ///
  /// - Throws: ``RoutingTableError``; errors of missing page files.
  func router() throws -> Router {
    let router = try makeRoutingTable(self).compile(
      tcp: configuration.server.tcpKeepalive, requiring: "SameOrigin")
    description.describe(router.routes)
    return router
  }

  /// Takes the state directory for this process.
  ///
  /// - Throws: ``ConfigurationError`` with the mend.
  func lock() throws -> StateLock {
    do {
      return try StateLock(layout: configuration.layout)
    } catch let error as StateLock.Held {
      throw ConfigurationError(error.description)
    } catch let error as FileError {
      throw unusable(error)
    }
  }

  private func unusable(_ error: FileError) -> ConfigurationError {
    ConfigurationError(
      "The state directory \(configuration.layout.stateDirectory) cannot be used: \(error). Check its permissions, or "
        + "choose another with --state-dir.")
  }

  /// Opens the state directory and ends what a crash left running. Before that nobody may ask for anything.
  ///
  /// - Throws: ``ConfigurationError`` with the mend.
  func open() async throws {
    do {
      if try await settings.passwordIsConfigured() {
        throw ConfigurationError(
          "A password is set in \(configuration.layout.settingsFile), but this version cannot ask for one yet. Set "
            + "password_hash to null in it to serve on loopback only.")
      }
      try await store.open()
    } catch let error as FileError {
      throw unusable(error)
    }
    let mended = await turns.recoverAll()
    if mended > 0 {
      logger.notice("[recovery] turns of an earlier run were ended", metadata: ["sessions": "\(mended)"])
    }
  }
}
