import Foundation
import JSON
import Testing

@testable import Store

@Suite("What stands in the place of a file and is none", .timeLimit(.minutes(1)))
struct SpecialFileTests {
  private func makePipe(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
  }

  @Test("a named pipe is an error at once")
  func pipes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.json"
    try makePipe(path)
    #expect(throws: FileError(operation: "open", name: "x.json", code: EOPNOTSUPP)) { try AtomicFile.read(path) }
    #expect(throws: FileError(operation: "open", name: "x.json", code: EOPNOTSUPP)) {
      try AtomicFile.readPrefix(path, count: 10)
    }
  }

  @Test("so is a folder")
  func folders() throws {
    let folder = try TemporaryFolder()
    let name = folder.path.split(separator: "/").last.map(String.init) ?? ""
    #expect(throws: FileError(operation: "open", name: name, code: EISDIR)) { try AtomicFile.read(folder.path) }
    #expect(throws: FileError(operation: "open", name: name, code: EISDIR)) {
      try AtomicFile.readPrefix(folder.path, count: 1)
    }
  }

  @Test("pipes among the conversations do not keep the store from opening")
  func conversations() async throws {
    let state = try TemporaryState()
    let good = try sessionID("good")
    try state.write(#"{"title":"T","messages":[]}"#, as: good)
    try makePipe(state.layout.sidecar(try sessionID("pipe")))
    try makePipe(state.layout.indexFile)
    try makePipe(state.layout.tombstonesFile)
    let store = try await state.opened()
    #expect(await store.summaries().map(\.id) == [good])
  }

  @Test("pipes instead of configurations count as files that cannot be read")
  func configurations() async throws {
    let world = try GoldenWorld(captured: false)
    for name in ["config.yaml", "settings.json", "projects.json", "profile.yaml", "active_profile"] {
      try makePipe("\(world.root)/golden/\(name)")
    }
    #expect(await world.configurations.configuration(of: .root) == ProfileConfiguration())
    #expect(await world.settings.object()["theme"] == "dark")
    await #expect(throws: Settings.UnusableFile.self) { try await world.settings.passwordIsConfigured() }
    #expect(world.profiles.processProfile() == .root)
    _ = try? await world.projects.list(profile: .root, allProfiles: true)  // Only whether it returns is asked.
  }

  @Test("a pipe instead of the agent's database or one of its files is an error", arguments: ["", "-wal", "-journal"])
  func databases(suffix: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state.db"
    if !suffix.isEmpty { try folder.write("", to: "state.db") }
    try makePipe(path + suffix)
    #expect(throws: FileError.self) { try AgentDatabaseFile(path: path).read { _ in } }
  }
}
