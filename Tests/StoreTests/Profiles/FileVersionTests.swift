import Foundation
import Synchronization
import Testing

@testable import Store

@Suite("Versions of files")
struct FileVersionTests {
  private let folder: TemporaryFolder
  private var file: String { folder.path + "/file" }

  init() throws { folder = try TemporaryFolder() }

  @Test("A file that was written this instant may be written again unseen, so it is not settled")
  func settles() throws {
    let ages: [(Duration, Bool)] = [
      (.zero, false), (.milliseconds(19), false), (.milliseconds(-19), false), (.milliseconds(21), true),
    ]
    for (age, isSettled) in ages { #expect(FileVersion.isSettled(age: age) == isSettled, "\(age)") }
    try folder.write("a", to: "file")
    Thread.sleep(forTimeInterval: 0.05)
    #expect(FileVersion(of: file)?.isSettled == true)
  }

  @Test("A stamp from the future says nothing about now")
  func future() throws {
    try folder.write("a", to: "file")
    try FileManager.default.setAttributes([.modificationDate: Date.now.addingTimeInterval(3600)], ofItemAtPath: file)
    #expect(FileVersion(of: file)?.isSettled == true)
  }

  @Test("A value is made once of a settled file, and each time of one that is not")
  func memo() throws {
    let made = Mutex(0)
    let memo = FileMemo<Int>(limit: 10) { bytes, _ in
      made.withLock { $0 += 1 }
      return bytes.count
    }
    // On a busy machine a file may settle between two lines; then it is written again.
    for _ in 1...100 {
      try folder.write("abc", to: "file")
      let before = made.withLock { $0 }
      #expect(try memo.value(of: file) == 3)
      #expect(try memo.value(of: file) == 3)
      guard FileVersion(of: file)?.isSettled == false else { continue }
      #expect(made.withLock { $0 } == before + 2)
      break
    }
    Thread.sleep(forTimeInterval: 0.05)
    _ = try memo.value(of: file)
    let settled = made.withLock { $0 }
    for _ in 1...3 { #expect(try memo.value(of: file) == 3) }
    #expect(made.withLock { $0 } == settled)
    try FileManager.default.removeItem(atPath: file)
    #expect(try memo.value(of: file) == nil)
  }

  @Test("A path is shaped by its text alone")
  func paths() {
    let shaped = ["/a/./b//c/..", "/../..", "~", "~/x", "/"].map { FilePath($0, home: "/h")?.text }
    #expect(shaped == ["/a/b", "/", "/h", "/h/x", "/"])
    #expect(["", "a", "./a", "~a", "/a\0"].allSatisfy { FilePath($0, home: "/h") == nil })
  }
}
