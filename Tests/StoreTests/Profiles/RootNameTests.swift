import JSON
import Synchronization
import Testing

@testable import Store

@Suite("Which names mean the base home, and who sees whose rows")
struct RootNameTests {
  private struct Unavailable: Error {}

  @Test(
    "Rows are seen by the rule of domain 3.14",
    arguments: [
      (nil, "default", true), ("", "default", true), ("default", "default", true), (nil, "kinni", true),
      ("default", "kinni", true), ("kinni", "default", true), ("kinni", "kinni", true), ("a", "b", false),
      ("default", "a", false), ("a", "default", false), ("a", "a", true), (nil, "a", false),
    ] as [(String?, String, Bool)])
  func matchRule(row: String?, active: String, isSeen: Bool) throws {
    let world = try GoldenWorld()
    try world.folder.write("name: kinni", to: "golden/profile.yaml")
    #expect(world.profiles.matches(row: row, active: try world.named(active)) == isSeen)
  }

  @Test("The rule is symmetric and reflexive, and none, empty, default and a display name are the same (invariant 46)")
  func equivalence() throws {
    let world = try GoldenWorld()
    try world.folder.write("display_name: kinni", to: "golden/profile.yaml")
    let profiles = world.profiles
    let names = try ["default", "kinni", "work", "other"].map(world.named)
    for left in names {
      #expect(profiles.matches(row: left.text, active: left))
      #expect(profiles.matches(row: nil, active: left) == profiles.matches(row: "default", active: left))
      #expect(profiles.matches(row: "", active: left) == profiles.matches(row: "kinni", active: left))
      for right in names {
        #expect(profiles.matches(row: left.text, active: right) == profiles.matches(row: right.text, active: left))
      }
    }
  }

  @Test("The literal default is root without any look-up; nothing and an unknown name are not (domain 3.13)")
  func literal() {
    let names = RootNames { throw Unavailable() }
    #expect(names.contains("default"))
    #expect(!names.contains(""))
    #expect(!names.contains("work"))
  }

  @Test("The lister is asked once between two invalidations (invariant 52)")
  func askedOnce() {
    let asked = Mutex(0)
    let names = RootNames {
      asked.withLock { $0 += 1 }
      return ["kinni"]
    }
    for _ in 1...3 { #expect(names.contains("kinni") && !names.contains("work")) }
    #expect(asked.withLock { $0 } == 1)
    names.invalidate()
    #expect(names.contains("kinni"))
    #expect(asked.withLock { $0 } == 2)
  }

  @Test("A lister that fails is asked again (domain 3.13)")
  func failureIsNotKept() {
    let fails = Mutex(true)
    let names = RootNames {
      if fails.withLock({ $0 }) { throw Unavailable() }
      return ["kinni"]
    }
    #expect(!names.contains("kinni"))
    fails.withLock { $0 = false }
    #expect(names.contains("kinni"))
  }

  @Test("An answer that was asked for before an invalidation is not kept after it (invariant 52)")
  func staleAnswer() {
    let holder = Mutex<RootNames?>(nil)
    let rounds = Mutex(0)
    let names = RootNames {
      let round = rounds.withLock { rounds in
        rounds += 1
        return rounds
      }
      // While the first answer is on its way, the profiles change.
      if round == 1 { holder.withLock { $0 }?.invalidate() }
      return round == 1 ? ["old"] : ["new"]
    }
    holder.withLock { $0 = names }
    _ = names.contains("old")
    #expect(names.contains("new"))
    #expect(!names.contains("old"))
  }

  @Test("A renamed root lives in the base home (domain 3.13)")
  func homeOfRenamedRoot() async throws {
    let world = try GoldenWorld()
    try world.folder.write("name: kinni", to: "golden/profile.yaml")
    let kinni = try world.named("kinni")
    #expect(world.profiles.home(of: kinni) == world.layout.baseHome)
    #expect(world.profiles.canonical(kinni) == .root)
    #expect(world.profiles.canonical(try world.work) == (try world.work))
    #expect(await world.profiles.exists(kinni))
    #expect(await world.profiles.activeObject(kinni)["is_default"] == true)
  }
}
