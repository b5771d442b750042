//! Vectors that cannot pass, with the reason. Each must really fail, so these lists can only shrink.

/// Why, and which cases.
pub type Excuse = (&'static str, &'static [&'static str]);

/// Requests that a server cannot give back the parameters of.
pub const SERVER_INPUT: &[Excuse] = &[
    (
        "the vector has no body: it is about a client that compresses it",
        &[
            "SDKAppliedContentEncoding_ec2Query",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query",
            "SDKAppliedContentEncoding_awsJson1_1",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
            "SDKAppliedContentEncoding_awsJson1_0",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
            "SDKAppliedContentEncoding_awsQuery",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
            "SDKAppliedContentEncoding_restJson1",
            "SDKAppendedGzipAfterProvidedEncoding_restJson1",
            "SDKAppliedContentEncoding_restXml",
            "SDKAppendedGzipAfterProvidedEncoding_restXml",
        ],
    ),
    (
        "the vector leaves out the header that names the operation: it is about the client's host name",
        &["AwsJson10EndpointTrait", "AwsJson10EndpointTraitWithHostLabel", "AwsJson10HostWithPath"],
    ),
    (
        "the path is below an endpoint's base path, which the server in front takes off",
        &["RestJsonHostWithPath"],
    ),
    (
        "the form of the request cannot tell an empty collection from none",
        &["Ec2EmptyQueryLists", "QueryEmptyQueryMaps", "RestJsonOmitsEmptyListQueryValues"],
    ),
    (
        "a client sends an empty object for an absent payload, and a server reads an empty structure",
        &["RestJsonHttpWithEmptyStructurePayload", "RestJsonHttpWithHeadersButNoPayload"],
    ),
    (
        "a client leaves out of the map what a member of its own sends; a server cannot know that it was there",
        &["RestJsonQueryPrecedence", "RestXmlQueryPrecedence"],
    ),
    (
        "the map is expected to hold the parameters of other members too, which the same cases of restXml and \
         RestJsonQueryParamsStringListMap deny",
        &[
            "RestJsonAllQueryStringTypes",
            "RestJsonQueryStringEscaping",
            "RestJsonSupportsNaNFloatQueryValues",
            "RestJsonSupportsInfinityFloatQueryValues",
            "RestJsonSupportsNegativeInfinityFloatQueryValues",
            "RestJsonZeroAndFalseQueryValues",
        ],
    ),
];

/// Requests that a client's codec cannot write.
pub const CLIENT_INPUT: &[Excuse] = &[
    (
        "the base path of an endpoint is put in front by the sender",
        &[
            "Ec2QueryHostWithPath",
            "AwsJson11HostWithPath",
            "AwsJson10HostWithPath",
            "QueryHostWithPath",
            "RestJsonHostWithPath",
        ],
    ),
    (
        "compression is the sender's",
        &[
            "SDKAppliedContentEncoding_ec2Query",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query",
            "SDKAppliedContentEncoding_awsJson1_1",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
            "SDKAppliedContentEncoding_awsJson1_0",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
            "SDKAppliedContentEncoding_awsQuery",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
            "SDKAppliedContentEncoding_restJson1",
            "SDKAppendedGzipAfterProvidedEncoding_restJson1",
            "SDKAppliedContentEncoding_restXml",
            "SDKAppendedGzipAfterProvidedEncoding_restXml",
        ],
    ),
    ("checksums are the sender's", &["RestJsonHttpChecksumRequired"]),
    (
        "botocore's models give the payload's member name as its location name, and real ones (S3) mean it",
        &[
            "RestXmlHttpPayloadWithUnion",
            "HttpPayloadWithXmlName",
            "HttpPayloadWithXmlNamespace",
            "HttpPayloadWithXmlNamespaceAndPrefix",
            "XmlAttributesOnPayload",
        ],
    ),
];

/// Responses that a server does not write so.
pub const SERVER_OUTPUT: &[Excuse] = &[
    (
        "the error's message is in the response but not among the facts of the case",
        &["Ec2ComplexError", "ComplexError"],
    ),
    (
        "the response has members that the model has not, for clients to pass over",
        &[
            "handles_unexpected_json_output",
            "AwsJson10HandlesUnexpectedJsonOutput",
            "AwsJson11DeserializeIgnoreType",
            "AwsJson10DeserializeIgnoreType",
            "RestJsonDeserializeIgnoreType",
            "InvalidGreetingError",
            "RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients",
            "RpcV2CborPayloadWithUnsetUnion",
        ],
    ),
    (
        "the response has nulls, for clients to pass over",
        &[
            "AwsJson11StructuresDontDeserializeNullValues",
            "AwsJson10DeserializeAllowNulls",
            "RestJsonDoesntDeserializeNullStructureValues",
            "RestJsonDeserializesDenseSetMapAndSkipsNull",
            "RpcV2CborDeserializesDenseSetMapAndSkipsNull",
        ],
    ),
    (
        "the response has no body, which clients must bear; servers write an empty object",
        &[
            "json_1_1_service_responds_with_no_payload",
            "AwsJson10ServiceRespondsWithNoPayload",
            "RestJsonEmptyInputAndEmptyOutputJsonObjectOutput",
            "RestJsonGreetingWithErrorsNoPayload",
            "RestJsonNoInputAndOutputNoPayload",
            "RestJsonHttpResponseCodeWithNoPayload",
            "RestJsonIgnoreQueryParamsInResponseNoPayload",
            "empty_output_no_body",
        ],
    ),
    (
        "the operation has no output, and its response no body and no content type; clients must bear them",
        &["NoOutputClientAllowsEmptyCbor", "NoOutputClientAllowsEmptyBody"],
    ),
    (
        "one of many ways to give an error's code that clients must know; servers keep to one",
        &[
            "AwsJson11FooErrorUsingXAmznErrorType",
            "AwsJson11FooErrorUsingXAmznErrorTypeWithUri",
            "AwsJson11FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "AwsJson11FooErrorUsingCode",
            "AwsJson11FooErrorUsingCodeAndNamespace",
            "AwsJson11FooErrorUsingCodeUriAndNamespace",
            "AwsJson11FooErrorWithDunderTypeUriAndNamespace",
            "AwsJson10FooErrorUsingXAmznErrorType",
            "AwsJson10FooErrorUsingXAmznErrorTypeWithUri",
            "AwsJson10FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "AwsJson10FooErrorUsingCode",
            "AwsJson10FooErrorUsingCodeAndNamespace",
            "AwsJson10FooErrorUsingCodeUriAndNamespace",
            "AwsJson10FooErrorWithDunderTypeUriAndNamespace",
            "RestJsonFooErrorUsingXAmznErrorTypeWithUri",
            "RestJsonFooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "RestJsonFooErrorUsingCode",
            "RestJsonFooErrorUsingCodeAndNamespace",
            "RestJsonFooErrorUsingCodeUriAndNamespace",
            "RestJsonFooErrorWithDunderType",
            "RestJsonFooErrorWithDunderTypeAndNamespace",
            "RestJsonFooErrorWithDunderTypeUriAndNamespace",
        ],
    ),
    ("a response with a request's header, X-Amz-Target", &["AwsJson11IntEnums"]),
];

/// Responses that a client cannot read so.
pub const CLIENT_OUTPUT: &[Excuse] = &[(
    "botocore's models do not say which collections may hold nulls, so all may",
    &["RestJsonDeserializesDenseSetMapAndSkipsNull", "RpcV2CborDeserializesDenseSetMapAndSkipsNull"],
)];

/// Malformed requests that are not refused, or not so.
pub const MALFORMED: &[Excuse] = &[
    (
        "what a client accepts is not looked at: there is only one form to give it",
        &[
            "RestJsonStringPayloadUnsatisfiableAccept",
            "RestJsonWithBodyExpectsApplicationJsonAccept",
            "RestJsonWithPayloadExpectsModeledAccept",
            "RestJsonWithPayloadExpectsImpliedAccept",
        ],
    ),
    (
        "the content type is looked at only where a body is to be read as JSON, and may be left out",
        &[
            "RestJsonStringPayloadNoContentType",
            "RestJsonStringPayloadWrongContentType",
            "RestJsonWithoutBodyExpectsEmptyContentType",
            "RestJsonWithBodyExpectsApplicationJsonContentTypeNoHeaders",
            "RestJsonWithPayloadExpectsModeledContentType",
            "RestJsonWithPayloadExpectsImpliedContentType",
            "RestJsonWithoutBodyEmptyInputExpectsEmptyContentType",
        ],
    ),
    (
        "botocore's models have one type for all integers of 32 bits and fewer",
        &[
            "RestJsonBodyByteUnderflowOverflow",
            "RestJsonPathByteUnderflowOverflow",
            "RestJsonQueryByteUnderflowOverflow",
            "RestJsonHeaderByteUnderflowOverflow",
            "RestJsonBodyShortUnderflowOverflow",
            "RestJsonPathShortUnderflowOverflow",
            "RestJsonQueryShortUnderflowOverflow",
            "RestJsonHeaderShortUnderflowOverflow",
        ],
    ),
    (
        "untyped values take nulls in any collection, since the models do not say which are sparse; generated types \
         refuse them",
        &["RestJsonBodyMalformedListNullItem", "RestJsonBodyMalformedMapNullValue"],
    ),
    (
        "offsets from UTC are taken: AWS's services take them and real tools send them",
        &["RestJsonBodyTimestampDateTimeRejectsUTCOffsets", "RestJsonPathTimestampDefaultRejectsUTCOffsets"],
    ),
];
