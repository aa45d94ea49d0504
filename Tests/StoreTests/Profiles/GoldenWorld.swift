import Foundation
import JSON
import Logging

@testable import Store

/// A copy of the captured state in a folder of its own, with everything that reads it.
struct GoldenWorld {
  let folder: TemporaryFolder
  let log = RecordedLog()
  let layout: StateLayout
  let disk = DiskExecutor()
  /// The captured folders lie here instead of in `/srv/hermes`.
  var root: String { folder.path }

  /// - Parameter environmentWorkspace: The value of `HERMES_WEBUI_DEFAULT_WORKSPACE`.
  init(captured: Bool = true, environmentWorkspace: String? = nil) throws {
    folder = try TemporaryFolder()
    let state = folder.path + "/golden"
    layout = StateLayout(baseHome: state, stateDirectory: state)
    for name in ["golden-ws", "golden-ws2", "home", "profile"] { try folder.makeFolder(name) }
    self.environmentWorkspace = environmentWorkspace
    if captured { try copyState() } else { try folder.makeFolder("golden") }
  }

  private let environmentWorkspace: String?

  private func copyState() throws {
    try Fixtures.copy("state", to: layout.stateDirectory)
    for name in [
      "settings.json", "workspaces.json", "config.yaml", "last_workspace.txt", "profiles/work/config.yaml",
      "profiles/work/webui_state/last_workspace.txt",
    ] {
      let text = try String(contentsOfFile: "\(layout.stateDirectory)/\(name)", encoding: .utf8)
      try folder.write(text.replacingOccurrences(of: "/srv/hermes", with: root), to: "golden/\(name)")
    }
  }

  /// A captured body whose folders are those of this world.
  func body(_ name: String) throws -> JSONValue { try Fixtures.body(name, replacing: "/srv/hermes", with: root) }

  var defaultWorkspace: DefaultWorkspace {
    DefaultWorkspace(
      stateDirectory: layout.stateDirectory, userHome: root + "/home", environmentValue: environmentWorkspace)
  }
  var configurations: ProfileConfigurations {
    ProfileConfigurations(layout: layout, disk: disk, logger: log.logger)
  }
  var settings: Settings {
    Settings(layout: layout, disk: disk, logger: log.logger, defaultWorkspace: defaultWorkspace)
  }
  var workspaces: Workspaces {
    Workspaces(
      layout: layout, disk: disk, logger: log.logger, settings: settings, configurations: configurations,
      defaultWorkspace: defaultWorkspace)
  }
  var profiles: Profiles {
    Profiles(
      layout: layout, disk: disk, logger: log.logger, configurations: configurations, workspaces: workspaces)
  }
  var projects: Projects { Projects(layout: layout, disk: disk, logger: log.logger, profiles: profiles) }

  var work: ProfileName { get throws { try named("work") } }

  func named(_ text: String) throws -> ProfileName {
    struct NoProfileName: Error {}
    guard let name = ProfileName(text) else { throw NoProfileName() }
    return name
  }
}
