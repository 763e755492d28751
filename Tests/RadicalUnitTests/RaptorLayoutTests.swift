import Testing
import Work

@testable import RadicalEngine

@Suite struct RaptorLayoutTests {
  private func sizes(_ layout: RaptorLayout) -> [Int] { [layout.workers, layout.coresOfEach, layout.coresOfLast] }

  @Test func `half of what the raptor leaves, as nobody shaped it`() {
    #expect(sizes(RaptorLayout(RaptorShape(), cores: 2)) == [1, 1, 1])
    #expect(sizes(RaptorLayout(RaptorShape(), cores: 9)) == [1, 4, 4])
    // Of several nodes, what fits beside the raptor.
    #expect(sizes(RaptorLayout(RaptorShape(workerClass: .mpi), cores: 24, coresPerNode: 8)) == [2, 7, 4])
    #expect(RaptorLayout(RaptorShape(), cores: 24, coresPerNode: 8).cores == 11)
    for cores in [0, 1, 2, 3, 1000] { #expect(RaptorLayout(RaptorShape(), cores: cores, coresPerNode: 1).cores >= 1) }
  }

  @Test func `a shape is what it says, whatever the nodes`() {
    let layout = RaptorLayout(RaptorShape(workers: 3, cores: 2), cores: 8, coresPerNode: 4)
    #expect(sizes(layout) == [3, 2, 2] && layout.cores == 6 && layout.workerClass == .single)
    #expect(sizes(RaptorLayout(RaptorShape(workers: 3), cores: 8)) == [3, 1, 1])
    #expect(sizes(RaptorLayout(RaptorShape(cores: 5), cores: 8)) == [1, 5, 5])
  }

  @Test func `workers that have no place are not submitted`() {
    func fault(_ workers: Int, _ cores: Int, _ workerClass: RaptorShape.WorkerClass = .single) -> String? {
      RaptorLayout(RaptorShape(workers: workers, cores: cores, workerClass: workerClass), cores: 8, coresPerNode: 4)
        .fault(onNodes: 2, of: 4)
    }
    #expect(fault(1, 4) == nil, "on the node that the raptor is not on")
    #expect(fault(2, 3) == nil && fault(3, 2) == nil && fault(7, 1) == nil)
    #expect(fault(2, 4) == "2 of 4 cores have no place on 2 of 4 cores beside the raptor, which keeps one")
    #expect(fault(1, 5) != nil && fault(1, 5, .mpi) == nil && fault(1, 8, .mpi) != nil && fault(8, 1) != nil)
    #expect(RaptorLayout(RaptorShape(workers: 3), cores: 4).fault(onNodes: 1, of: 4) == nil)
    #expect(RaptorLayout(RaptorShape(), cores: 2, coresPerNode: 2).fault(onNodes: 1, of: 2) == nil)
  }
}
