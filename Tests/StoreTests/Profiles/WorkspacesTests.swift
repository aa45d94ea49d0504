import Foundation
import JSON
import Testing

@testable import Store

@Suite("Workspaces")
struct WorkspacesTests {
  @Test("Are as captured (wire-platform 5.1)")
  func captured() async throws {
    let world = try GoldenWorld()
    let root = await world.workspaces.object(profile: .root)
    #expect(JSONValue.object(root).text == (try world.body("810-onstate-workspaces")).text)
    let work = await world.workspaces.object(profile: try world.work)
    #expect(JSONValue.object(work).text == (try world.body("376-work-workspaces")).text)
  }

  @Test("Of a fresh profile are one, named Home, at its default folder (wire-platform 5.1)")
  func fresh() async throws {
    let world = try GoldenWorld()
    try FileManager.default.removeItem(atPath: world.layout.stateDirectory + "/workspaces.json")
    try FileManager.default.removeItem(atPath: world.layout.stateDirectory + "/last_workspace.txt")
    let object = await world.workspaces.object(profile: .root)
    #expect(JSONValue.object(object).text == (try world.body("012-workspaces")).text)
  }

  @Test("A stored name default is shown as Home; a missing one is the folder's (wire-platform 5.1)")
  func names() async throws {
    let entries = try await entries(
      "[{\"path\": \"/a\", \"name\": \"default\"}, {\"path\": \"/x/b\"}, {\"path\": \"/c\", \"name\": \"C\"}, 5, {}]")
    #expect(entries.map(\.name) == ["Home", "b", "C"])
  }

  @Test("Entries inside another profile's home are hidden, missing folders are kept (wire-platform 5.1)")
  func foreignEntries() async throws {
    let world = try GoldenWorld()
    let profiles = world.layout.profilesDirectory
    let file = """
      [{"path": "\(profiles)/other/w", "name": "other"}, {"path": "\(profiles)/work/w", "name": "own"},
       {"path": "\(profiles)/x/../other/w", "name": "hidden way"}, {"path": "/gone", "name": "gone"}]
      """
    try world.folder.write(file, to: "golden/workspaces.json")
    try world.folder.write(file, to: "golden/profiles/work/webui_state/workspaces.json")
    #expect(await names(world.workspaces.object(profile: .root)) == ["gone"])
    #expect(await names(world.workspaces.object(profile: try world.work)) == ["own", "gone"])
  }

  @Test("A list that is none counts as none, and is logged and left alone", arguments: ["", "{}", "[{"])
  func garbage(file: String) async throws {
    let world = try GoldenWorld()
    try world.folder.write(file, to: "golden/workspaces.json")
    #expect(await names(world.workspaces.object(profile: .root)) == ["Home"])
    #expect(world.log.messages.count == 1)
  }

  @Test(
    "The last folder is the one remembered while it is there, else the configured ones in order (wire-platform 1.7)")
  func last() async throws {
    let world = try GoldenWorld(captured: false)
    for name in ["w", "d", "c", "l"] { try world.folder.makeFolder(name) }
    let root = world.root
    try world.folder.write(
      "workspace: \(root)/w\ndefault_workspace: \(root)/d\nterminal: {cwd: \(root)/c}", to: "golden/config.yaml")
    try world.folder.write("\(root)/l\n", to: "golden/last_workspace.txt")
    let workspaces = world.workspaces
    for name in ["l", "w", "d", "c"] {
      #expect(await workspaces.last(profile: .root) == "\(root)/\(name)")
      try FileManager.default.removeItem(atPath: "\(root)/\(name)")
    }
    #expect(await workspaces.last(profile: .root) == world.layout.stateDirectory + "/workspace")
  }

  @Test("The server's folder: environment, settings, ~/workspace, ~/work, the state directory's (wire-platform 7)")
  func serverDefault() throws {
    let world = try GoldenWorld(captured: false, environmentWorkspace: "~/env")
    let home = world.root + "/home"
    let names = ["env", "saved", "workspace", "work"]
    for name in names { try world.folder.makeFolder("home/\(name)") }
    try world.folder.write("{\"default_workspace\": \"\(home)/saved\"}", to: "golden/settings.json")
    for name in names {
      #expect(world.workspaces.serverDefault() == "\(home)/\(name)")
      try FileManager.default.removeItem(atPath: "\(home)/\(name)")
    }
    #expect(world.workspaces.serverDefault() == world.layout.stateDirectory + "/workspace")
    #expect(FileManager.default.fileExists(atPath: world.layout.stateDirectory + "/workspace"))
  }

  @Test("Remembering writes the folder that the next conversation gets, a file a profile (domain 1.1)")
  func remember() async throws {
    let world = try GoldenWorld()
    let workspaces = world.workspaces
    try await workspaces.remember(last: world.root + "/golden-ws2", profile: .root)
    #expect(await workspaces.last(profile: .root) == world.root + "/golden-ws2")
    #expect(await workspaces.last(profile: try world.work) == world.root + "/golden-ws")
    try FileManager.default.removeItem(atPath: world.layout.profilesDirectory + "/work/webui_state")
    try await workspaces.remember(last: world.root + "/golden-ws2", profile: try world.work)
    #expect(await workspaces.last(profile: try world.work) == world.root + "/golden-ws2")
  }

  @Test("Remembering makes no profile")
  func rememberUnknownProfile() async throws {
    let world = try GoldenWorld()
    let before = try world.folder.snapshot()
    await #expect(throws: FileError.self) {
      try await world.workspaces.remember(last: "/w", profile: world.named("gone"))
    }
    #expect(try world.folder.snapshot() == before)
  }

  @Test("A terminal that runs elsewhere is reported, and its folders are not looked at (wire-platform 5.1)")
  func remoteTerminal() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write("terminal: {backend: docker, cwd: /srv/none}", to: "golden/config.yaml")
    let object = await world.workspaces.object(profile: .root)
    #expect(object["terminal_remote_backend"] == true)
    #expect(object["last"] == "/srv/none")
    #expect(try await world.workspaces.validate("/srv/none/deep/", profile: .root) == "/srv/none/deep")
    await #expect(throws: WorkspaceRefusal.missing(path: "/srv/other")) {
      try await world.workspaces.validate("/srv/none/../other", profile: .root)
    }
  }

  private func names(_ object: JSONObject) -> [String] {
    object["workspaces"]?.array?.compactMap { $0["name"]?.string } ?? []
  }

  private func entries(_ file: String) async throws -> [Workspaces.Entry] {
    try #require(Workspaces.Entry.list(Array(file.utf8)))
  }
}
