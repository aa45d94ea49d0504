import Foundation
import JSON
import Testing

@testable import Store

@Suite("Profiles")
struct ProfilesTests {
  private let world: GoldenWorld

  init() throws { world = try GoldenWorld() }

  @Test("The rows are as captured: root first, then the others by name (wire-platform 1.7)")
  func rows() async throws {
    try world.folder.makeFolder("golden/profiles/ghost")
    let rows = await world.profiles.rows(active: .root)
    let captured = try world.body("809-onstate-profiles")["profiles"]
    #expect(JSONValue.array(rows.map { .object($0) }).text == captured?.text)
  }

  @Test("Exactly the row of the profile of the request is active (wire-platform 1.7)")
  func activeRow() async throws {
    let rows = await world.profiles.rows(active: try world.work)
    #expect(JSONValue.array(rows.map { .object($0) }).text == (try world.body("372-work-profiles")["profiles"])?.text)
  }

  @Test("The active profile is as captured (wire-platform 1.7)")
  func activeObject() async throws {
    let root = await world.profiles.activeObject(.root)
    #expect(JSONValue.object(root).text == (try world.body("007-profile-active")).text)
    let work = await world.profiles.activeObject(try world.work)
    #expect(JSONValue.object(work).text == (try world.body("371-work-profile-active")).text)
  }

  @Test("Folders whose name is no profile's are no profiles (invariant 57)")
  func foreignFolders() async throws {
    for name in ["UPPER", "a b", ".hidden", "default", "-x", String(repeating: "a", count: 65)] {
      try world.folder.makeFolder("golden/profiles/\(name)")
    }
    try world.folder.write("a file", to: "golden/profiles/file")
    let rows = await world.profiles.rows(active: .root)
    #expect(rows.map { $0["name"] } == ["default", "work"])
  }

  @Test("A name that would leave the folder of profiles is no name (invariant 57)")
  func traversal() {
    for name in ["..", "../x", "a/b", "", "/etc", "a\0b", "work/"] { #expect(ProfileName(name) == nil) }
  }

  @Test("Rows stay fresh for a while, unless somebody says that profiles changed (wire-platform 1.7)")
  func freshness() async throws {
    let profiles = Profiles(
      layout: world.layout, disk: world.disk, logger: world.log.logger, configurations: world.configurations,
      workspaces: world.workspaces, freshness: .seconds(600))
    #expect(await profiles.rows(active: .root).count == 2)
    try world.folder.makeFolder("golden/profiles/later")
    #expect(await profiles.rows(active: .root).count == 2)
    await profiles.profilesChanged()
    #expect(await profiles.rows(active: .root).count == 3)
  }

  @Test(
    "Only the boolean false hides a profile (wire-platform 1.1)",
    arguments: [
      ("visible: false", false), ("visible: \"false\"", true), ("visible: 0", true), ("visible: true", true),
      ("- list", true), ("{broken", true),
    ])
  func visibility(yaml: String, isVisible: Bool) async throws {
    try world.folder.write(yaml, to: "golden/profiles/work/profile.yaml")
    #expect(await world.profiles.rows(active: .root).last?["visible"] == .bool(isVisible))
  }

  @Test("Skills are counted in categories too, and a disabled one by either of its names (wire-platform 5.9)")
  func skills() async throws {
    for name in ["skills/tools/one", "skills/tools/two", "skills/three", "skills/.git/four", "skills/a/b/too-deep"] {
      try world.folder.write("---\nname: \"\(name.suffix(3)) named\"\n---\n", to: "golden/profiles/n/\(name)/SKILL.md")
    }
    try world.folder.write("skills: {disabled: [one, two named]}", to: "golden/profiles/n/config.yaml")
    let row = try #require(await world.profiles.rows(active: .root).first { $0["name"] == "n" })
    #expect(row["total_skills"] == 3 && row["enabled_skills"] == 1 && row["skill_count"] == 1)
  }

  @Test(
    "The process's profile is what the sticky file said at the start (wire-platform 1.1)",
    arguments: [
      (" work\n", "work"), ("", "default"), ("  \n", "default"), ("default", "default"), ("../work", "default"),
      ("gone", "default"),
    ])
  func sticky(text: String, expected: String) throws {
    try world.folder.write(text, to: "golden/active_profile")
    let profiles = world.profiles
    #expect(profiles.processProfile().text == expected)
    try world.folder.write("default", to: "golden/active_profile")
    #expect(profiles.processProfile().text == expected)
  }

  @Test("Without a sticky file, root is active (domain 1.1)")
  func noSticky() { #expect(world.profiles.processProfile() == .root) }

  @Test("A profile exists when it has a home; root always does")
  func exists() async throws {
    let profiles = world.profiles
    #expect(await profiles.exists(.root))
    #expect(await profiles.exists(try world.work))
    #expect(await !profiles.exists(try world.named("gone")))
  }
}
