import Testing

@testable import Platform

@Suite struct CoreQuotaTests {
  private let version2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
  private let version1 = """
    31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
    32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
    33 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
    """

  private func cores(_ groups: String, _ mounts: String, _ files: [String: String]) -> Int? {
    CoreQuota.cores(groups: groups, mounts: mounts) { files[$0] }
  }

  @Test(
    arguments: [
      ("200000 100000\n", 2), ("150000 100000", 1), ("50000 100000", 1), ("max 100000", nil), ("", nil), ("max", nil),
      ("0 100000", nil), ("100000 0", nil), ("x y", nil), ("-1 100000", nil), ("nan nan", nil), ("1e400 1", nil),
      ("9223372036854775807 1", nil), ("400000 100000 7", nil), ("800000 100000", 8),
    ] as [(String, Int?)])
  func `version 2 says it in one file`(_ text: String, _ expected: Int?) {
    #expect(cores("0::/user/job\n", version2, ["/sys/fs/cgroup/user/job/cpu.max": text]) == expected)
  }

  @Test(arguments: [("300000", "100000\n", 3), ("-1\n", "100000", nil), ("", "", nil), ("5", "100000", 1)])
  func `version 1 says it in two`(_ quota: String, _ period: String, _ expected: Int?) {
    let directory = "/sys/fs/cgroup/cpu,cpuacct/docker/abc"
    let files = ["\(directory)/cpu.cfs_quota_us": quota, "\(directory)/cpu.cfs_period_us": period]
    #expect(cores("9:name=systemd:/\n4:cpu,cpuacct:/docker/abc\n0::/\n", version1, files) == expected)
  }

  @Test func `the smallest on the way to the root counts, of both versions`() {
    var files = [
      "/sys/fs/cgroup/a/b/c/cpu.max": "800000 100000", "/sys/fs/cgroup/a/b/cpu.max": "max 100000",
      "/sys/fs/cgroup/a/cpu.max": "300000 100000", "/sys/fs/cgroup/cpu.max": "600000 100000",
    ]
    #expect(cores("0::/a/b/c", version2, files) == 3)
    files["/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us"] = "20000"
    files["/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us"] = "10000"
    #expect(cores("4:cpu:/x/y\n0::/a/b/c", version1 + "\n" + version2, files) == 2)
  }

  @Test func `a container sees its own part as the root`() {
    let files = ["/sys/fs/cgroup/cpu.max": "100000 100000", "/sys/fs/cgroup/sub/cpu.max": "50000 100000"]
    let own = "30 23 0:26 /pods/p1 /sys/fs/cgroup ro - cgroup2 cgroup rw"
    #expect(cores("0::/pods/p1", own, files) == 1)
    #expect(cores("0::/pods/p1/sub", own, ["/sys/fs/cgroup/sub/cpu.max": "200000 100000"]) == 2)
    #expect(cores("0::/elsewhere", own, files) == 1)
    #expect(cores("0::/../other", version2, files) == 1)
  }

  @Test func `paths with blanks, and what is no list of mounts`() {
    let blank = #"30 23 0:26 / /mnt/c\040g rw - cgroup2 cgroup2 rw"#
    #expect(cores("0::/j", blank, ["/mnt/c g/j/cpu.max": "200000 100000"]) == 2)
    for text in ["", "x", "- - - - - - -", "1 2 3 / /x rw - cgroup2", "\\", #"1 2 0:1 \9 \0 rw - cgroup2 a b"#] {
      #expect(cores("0::/j\n:::\nx", text, [:]) == nil)
      #expect(cores(text, version2, [:]) == nil)
    }
    #expect(cores("0::" + String(repeating: "/x", count: 100_000), version2, [:]) == nil)
  }
}

@Suite struct CoreMaskTests {
  @Test func `numbers survive`() {
    for numbers in [[], [0], [63], [64], [1, 5, 127, 1024, 40_000]] { #expect(CoreMask(numbers).numbers == numbers) }
    #expect(CoreMask([3, 3, 1]).numbers == [1, 3])
    #expect(CoreMask([-1, .min, .max, 1 << 16]).isEmpty)
  }

  @Test func `this process has at least one`() {
    let own = CoreMask.own
    #expect(!own.isEmpty && CoreMask(own.numbers) == own)
    #expect(ThisProcess.availableCores >= 1 && ThisProcess.availableCores <= own.numbers.count)
  }
}
