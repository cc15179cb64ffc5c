using CsCheck;

using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Sessions;

public sealed class SortedNumbersTests
{
    [Fact]
    public void It_is_a_sorted_set() =>
        Gen.Select(Gen.Bool, Gen.Long[1, 30]).List[0, 200].Sample(steps =>
        {
            var numbers = new SortedNumbers();
            var model = new SortedSet<long>();
            foreach (var (add, number) in steps)
            {
                if (add)
                {
                    Assert.Equal(model.Add(number), numbers.Add(number));
                }
                else
                {
                    model.Remove(number);
                    numbers.Remove(number);
                }

                Assert.Equal((model.Count, model.Min, model.Contains(number)), (numbers.Count, numbers.Min, numbers.Contains(number)));
                Assert.Equal(model.Where(n => n < number).DefaultIfEmpty().Max(), numbers.Below(number));
            }
        });
}
