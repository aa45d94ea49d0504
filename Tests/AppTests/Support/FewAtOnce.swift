import Testing

/// Lets only a few tests of the marked suites run at once: each opens a server, and a machine with two cores would make
/// them wait for each other until they give up.
struct FewAtOnce: SuiteTrait, TestTrait, TestScoping {
  private static let places = Places(3)

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await FewAtOnce.places.take()
    do {
      try await function()
      await FewAtOnce.places.giveBack()
    } catch {
      await FewAtOnce.places.giveBack()
      throw error
    }
  }
}

extension Trait where Self == FewAtOnce {
  /// Only a few tests of the suite, and of the others that are marked, run at once.
  static var fewAtOnce: FewAtOnce { FewAtOnce() }
}

/// A number of places, given to who comes first.
private actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) {
    free = count
  }

  func take() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
