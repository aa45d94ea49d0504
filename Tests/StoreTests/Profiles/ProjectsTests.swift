import Foundation
import JSON
import Testing

@testable import Store

@Suite("Projects")
struct ProjectsTests {
  @Test(
    "A profile sees its own as captured, and how many others there are (wire-platform 2)",
    arguments: [
      ("default", "393-default-projects-scoped"), ("default", "807-onstate-projects"),
    ])
  func captured(profile: String, capture: String) async throws {
    let world = try GoldenWorld()
    let body = try Fixtures.body(capture)
    let list = try await world.projects.list(
      profile: try world.named(profile), allProfiles: body["all_profiles"]?.bool == true)
    #expect(JSONValue.array(list.projects.map { .object($0) }).text == body["projects"]?.text)
    #expect(list.otherProfileCount == body["other_profile_count"]?.int)
  }

  @Test("Named profiles are islands (wire-platform 1.6)")
  func island() async throws {
    let world = try GoldenWorld()
    let list = try await world.projects.list(profile: try world.work, allProfiles: false)
    #expect(list.projects.map { $0["name"] } == ["Work project"])
    #expect(list.otherProfileCount == 2)
  }

  @Test("A missing file is no project (domain 3.15)")
  func missing() async throws {
    let world = try GoldenWorld(captured: false)
    let list = try await world.projects.list(profile: .root, allProfiles: false)
    let body = try Fixtures.body("016-projects-empty")
    #expect(.array(list.projects.map { .object($0) }) == body["projects"])
    #expect(list.otherProfileCount == 0)
    #expect(world.log.messages.isEmpty)
  }

  @Test(
    "An unparsable file is no project, and is logged and left alone (domain 3.15 and 6, number 22)",
    arguments: [
      "", "[{\"project_id\":", "{}", "nonsense",
    ])
  func unparsable(file: String) async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(file, to: "golden/projects.json")
    let before = try world.folder.snapshot()
    let projects = world.projects
    for _ in 1...3 { #expect(try await projects.list(profile: .root, allProfiles: true).projects.isEmpty) }
    #expect(world.log.messages.count == 1)
    #expect(try world.folder.snapshot() == before)
  }

  @Test("A row without a profile is its first session's, else root's; the file is not written (domain 3.15)")
  func untagged() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(
      """
      [{"project_id": "a1", "name": "A", "created_at": 1.0}, {"project_id": "b2", "name": "B", "profile": null},
       {"project_id": "c3", "name": "C", "profile": ""}, {"project_id": "d4", "name": "D", "profile": "kept"}]
      """, to: "golden/projects.json")
    try world.folder.write(
      """
      [{"project_id": "a1", "profile": null}, {"project_id": "a1", "profile": "work"},
       {"project_id": "a1", "profile": "later"}, {"project_id": "d4", "profile": "work"}, 5, null]
      """, to: "golden/sessions/_index.json")
    let before = try world.folder.snapshot()
    let rows = try await world.projects.list(profile: .root, allProfiles: true).projects
    #expect(rows.map { $0["profile"] } == ["work", "default", "default", "kept"])
    #expect(rows.first?.keys == ["project_id", "name", "profile", "created_at"])
    #expect(try world.folder.snapshot() == before)
    #expect(try await world.projects.list(profile: try world.work, allProfiles: false).projects.count == 1)
  }

  @Test("Without an index that can be read, untagged rows are root's (domain 3.15)", arguments: ["", "{}", "[1"])
  func unreadableIndex(index: String) async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write("[{\"project_id\": \"a1\", \"name\": \"A\"}]", to: "golden/projects.json")
    try world.folder.write(index, to: "golden/sessions/_index.json")
    let rows = try await world.projects.list(profile: .root, allProfiles: false).projects
    #expect(rows.map { $0["profile"] } == ["default"])
  }

  @Test("Rows that are none are left out, and unknown keys stay (invariant 56)")
  func oddRows() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.write(
      """
      [null, 5, {"name": "no id"}, {"project_id": "../x", "profile": "default"},
       {"project_id": "ok", "profile": "default", "future": {"b": 1, "a": 2}}]
      """, to: "golden/projects.json")
    let rows = try await world.projects.list(profile: .root, allProfiles: false).projects
    #expect(
      rows.map { JSONValue.object($0).text } == [
        "{\"project_id\": \"ok\", \"profile\": \"default\", \"future\": {\"b\": 1, \"a\": 2}}"
      ])
  }

  @Test("A file that is there and cannot be read is an error, not an empty list")
  func unreadable() async throws {
    let world = try GoldenWorld(captured: false)
    try world.folder.makeFolder("golden/projects.json")
    await #expect(throws: FileError.self) { try await world.projects.list(profile: .root, allProfiles: false) }
  }
}
