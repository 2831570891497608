using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

public sealed class RoundTripTests
{
    public static TheoryData<ApiKey, string, short> ColdVersions => MessageCase.AllVersions(MessageCase.Cold);

    public static TheoryData<ApiKey, string, short> HighestColdVersions => MessageCase.HighestVersions(MessageCase.Cold);

    public static TheoryData<ApiKey, string, short> AllVersions => MessageCase.AllVersions(MessageCase.Cold, MessageCase.Hot);

    [Theory]
    [MemberData(nameof(AllVersions))]
    public void Message_WrittenAndRead_LeavesNothing(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        Assert.Equal(0, message.Read(message.Write(version), version).Remaining);
    }

    [Theory]
    [MemberData(nameof(ColdVersions))]
    public void Message_WrittenReadAndWrittenAgain_IsTheSameBytes(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        var bytes = message.Write(version);
        Assert.Equal(bytes, message.Rewrite!(message.Read(bytes, version).Message, version));
    }

    [Theory]
    [MemberData(nameof(HighestColdVersions))]
    public void Message_InItsHighestVersion_KeepsEveryField(ApiKey api, string kind, short version)
    {
        var message = MessageCase.Find(api, kind);
        Assert.Equivalent(message.Sample, message.Read(message.Write(version), version).Message, strict: true);
    }

    [Fact]
    public void Cases_OfAllMessages_NameEveryApiOfTheTableBothWays()
    {
        var expected = ApiTable.All.ToArray().SelectMany(api => (string[])[$"{api.Key} request", $"{api.Key} response"]);
        Assert.Equal(expected.Order(), MessageCase.Cold.Concat(MessageCase.Hot).Select(found => found.ToString()).Order());
    }

    [Theory]
    [InlineData((short)8)]
    [InlineData((short)10)]
    public void Metadata_Versions8To10_CarryClusterOperations(short version)
    {
        var request = new MetadataRequest { Topics = null, IncludeClusterAuthorizedOperations = true };
        var response = new MetadataResponse { ClusterId = "c", ClusterAuthorizedOperations = 17 };

        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        request.Write(ref writer, version);
        response.Write(ref writer, version);
        var reader = new WireReader(buffer.Written);

        Assert.Equal(request, MetadataRequest.Read(ref reader, version));
        Assert.Equal(17, MetadataResponse.Read(ref reader, version).ClusterAuthorizedOperations);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void MetadataRequest_EmptyArray_MeansAllInVersion0AndNoneFromVersion1()
    {
        var old = new WireReader([0, 0, 0, 0]);
        var none = new WireReader([0, 0, 0, 0]);
        var all = new WireReader([0xff, 0xff, 0xff, 0xff]);
        Assert.Null(MetadataRequest.Read(ref old, 0).Topics);
        Assert.Empty(MetadataRequest.Read(ref none, 1).Topics!);
        Assert.Null(MetadataRequest.Read(ref all, 1).Topics);
    }

    [Fact]
    public void Topics_GivenById_KeepTheIdAndANullName()
    {
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        new MetadataRequest { Topics = [new(null, id)] }.Write(ref writer, 12);
        new DeleteTopicsRequest { Topics = [new(null, id)] }.Write(ref writer, 6);

        var reader = new WireReader(buffer.Written);
        Assert.Equal(new MetadataRequestTopic(null, id), Assert.Single(MetadataRequest.Read(ref reader, 12).Topics!));
        Assert.Equal(new TopicToDelete(null, id), Assert.Single(DeleteTopicsRequest.Read(ref reader, 6).Topics));
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(buffer.Written[1..17]));
    }
}
