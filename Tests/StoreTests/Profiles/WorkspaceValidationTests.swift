import Foundation
import JSON
import Testing

@testable import Store

@Suite("Which folders a conversation may work in")
struct WorkspaceValidationTests {
  private let world: GoldenWorld
  private let workspaces: Workspaces

  init() throws {
    world = try GoldenWorld()
    workspaces = world.workspaces
  }

  @Test("Folders below the home, saved ones and those below the default one (wire-platform 5.1)")
  func trusted() async throws {
    try world.folder.makeFolder("home/project/src")
    try world.folder.makeFolder("golden-ws/inner")
    for name in ["home", "home/project/src", "golden-ws2", "golden-ws", "golden-ws/inner"] {
      #expect(try await workspaces.validate("\(world.root)/\(name)", profile: .root) == "\(world.root)/\(name)")
    }
    #expect(try await workspaces.validate("~/project", profile: .root) == world.root + "/home/project")
    #expect(try await workspaces.validate("~", profile: .root) == world.root + "/home")
  }

  @Test(
    "Refusals of the capture have its text (wire-sessions-chat 1.5)",
    arguments: [
      ("070-session-new-bad-workspace", "/srv/hermes/does-not-exist"), ("071-session-new-system-workspace", "/etc"),
      ("229-session-update-bad-ws", "/srv/hermes/none"),
    ])
  func captured(capture: String, path: String) async throws {
    #expect(await refusal(path) == (try Fixtures.body(capture)["error"]?.string))
  }

  @Test("The five texts begin as listed (wire-sessions-chat 1.5)")
  func texts() async throws {
    try world.folder.write("x", to: "home/file")
    try world.folder.makeFolder("elsewhere")
    #expect(await refusal("~/none") == "Path does not exist: \(world.root)/home/none")
    #expect(await refusal("~/file/below")?.hasPrefix("Path does not exist: ") == true)
    #expect(await refusal("~/file") == "Path is not a directory: \(world.root)/home/file")
    #expect(await refusal("/usr/bin")?.hasPrefix("Path points to a system directory: ") == true)
    #expect(await refusal(world.root + "/elsewhere")?.hasPrefix("Path is outside the user home directory") == true)
    #expect(await refusal("relative/path")?.hasPrefix("Cannot access path: ") == true)
  }

  @Test(
    "A folder of the system is refused whatever it is called",
    arguments: [
      "/", "/etc", "/etc/", "//etc", "/usr/../etc", "/etc/ssl", "/bin", "/lib", "/proc/self", "/dev/shm", "/var/log",
      "/sys",
    ])
  func systemFolders(path: String) async {
    #expect(await refusal(path)?.hasPrefix("Path points to a system directory: ") == true)
  }

  @Test("A symbolic link that leads into the system is refused, also from a trusted folder")
  func linkIntoSystem() async throws {
    let files = FileManager.default
    try files.createSymbolicLink(atPath: world.root + "/home/innocent", withDestinationPath: "/etc")
    try files.createSymbolicLink(atPath: world.root + "/home/hop", withDestinationPath: "innocent")
    #expect(await refusal("~/innocent") == "Path points to a system directory: /etc")
    #expect(await refusal("~/hop") == "Path points to a system directory: /etc")
    #expect(await refusal("~/innocent/ssl")?.hasPrefix("Path points to a system directory: ") == true)
  }

  @Test("A symbolic link out of the trusted folders is refused; one between them is followed")
  func linkElsewhere() async throws {
    try world.folder.makeFolder("elsewhere")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: world.root + "/home/out", withDestinationPath: world.root + "/elsewhere")
    try files.createSymbolicLink(atPath: world.root + "/home/in", withDestinationPath: world.root + "/golden-ws2")
    #expect(await refusal("~/out")?.hasPrefix("Path is outside the user home directory") == true)
    #expect(try await workspaces.validate("~/in", profile: .root) == world.root + "/golden-ws2")
  }

  @Test(
    "Paths that mislead are refused", arguments: ["", ".", "~root", "a\0b", "~/a\0/../..", "/tmp/\0", "~/../elsewhere"])
  func misleading(path: String) async throws {
    try world.folder.makeFolder("elsewhere")
    #expect(await refusal(path) != nil)
  }

  @Test("A loop of links and a name that is too long cannot be accessed")
  func inaccessible() async throws {
    try FileManager.default.createSymbolicLink(atPath: world.root + "/home/loop", withDestinationPath: "loop")
    #expect(await refusal("~/loop")?.hasPrefix("Cannot access path: ") == true)
    #expect(await refusal("~/" + String(repeating: "x", count: 5000))?.hasPrefix("Cannot access path: ") == true)
  }

  @Test("What one profile saved is not trusted for another (wire-platform 1.6)")
  func savedByAnother() async throws {
    #expect(await refusal(world.root + "/golden-ws2", try world.work)?.hasPrefix("Path is outside") == true)
  }

  @Test("A home inside a system folder is the user's, a home of / trusts nothing")
  func oddHomes() throws {
    let folder = try #require(FilePath("/var/lib/someone/project", home: ""))
    #expect(SystemFolders.contain(folder, home: nil))
    #expect(!SystemFolders.contain(folder, home: FilePath("/var/lib/someone", home: "")))
    #expect(SystemFolders.contain(folder, home: FilePath("/", home: "")))
    #expect(!SystemFolders.contain(try #require(FilePath("/var/tmp/x", home: "")), home: nil))
    #expect(!SystemFolders.contain(try #require(FilePath("/etcetera", home: "")), home: nil))
  }

  private func refusal(_ path: String, _ profile: ProfileName = .root) async -> String? {
    do throws(WorkspaceRefusal) {
      _ = try await workspaces.validate(path, profile: profile)
      return nil
    } catch {
      return error.description
    }
  }
}
