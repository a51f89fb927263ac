--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: cairn_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cairn_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: dataset; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dataset (
    id bigint NOT NULL,
    experiment bigint NOT NULL,
    name character varying(500) NOT NULL COLLATE pg_catalog."C",
    digest character varying(36) NOT NULL COLLATE pg_catalog."C",
    source_type text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    schema text COLLATE pg_catalog."C",
    profile text COLLATE pg_catalog."C"
);


--
-- Name: dataset_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.dataset_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: dataset_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.dataset_id_seq OWNED BY public.dataset.id;


--
-- Name: experiment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.experiment (
    id bigint NOT NULL,
    name character varying(500) NOT NULL COLLATE pg_catalog."C",
    artifact_location character varying(2048) NOT NULL COLLATE pg_catalog."C",
    lifecycle_stage character varying(8) NOT NULL COLLATE pg_catalog."C",
    creation_time bigint NOT NULL,
    last_update_time bigint NOT NULL,
    deleted_time bigint
);


--
-- Name: experiment_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.experiment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: experiment_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.experiment_id_seq OWNED BY public.experiment.id;


--
-- Name: experiment_tag; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.experiment_tag (
    experiment bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: input_tag; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.input_tag (
    input bigint NOT NULL,
    key character varying(255) NOT NULL COLLATE pg_catalog."C",
    value character varying(500) NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: metric_batch; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_batch (
    id bigint NOT NULL,
    run bigint NOT NULL,
    source character varying(64) COLLATE pg_catalog."C",
    sequence bigint,
    points integer NOT NULL,
    payload bytea NOT NULL
);


--
-- Name: metric_batch_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.metric_batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: metric_batch_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.metric_batch_id_seq OWNED BY public.metric_batch.id;


--
-- Name: metric_chunk; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_chunk (
    id bigint NOT NULL,
    run bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    points integer NOT NULL,
    first_step bigint NOT NULL,
    last_step bigint NOT NULL,
    payload bytea NOT NULL
);


--
-- Name: metric_chunk_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.metric_chunk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: metric_chunk_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.metric_chunk_id_seq OWNED BY public.metric_chunk.id;


--
-- Name: metric_latest; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_latest (
    run bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    value double precision,
    step bigint NOT NULL,
    "timestamp" bigint NOT NULL,
    low double precision,
    high double precision
);


--
-- Name: COLUMN metric_latest.value; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.metric_latest.value IS 'NULL stands for NaN';


--
-- Name: COLUMN metric_latest.low; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.metric_latest.low IS 'smallest value that is a number';


--
-- Name: COLUMN metric_latest.high; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.metric_latest.high IS 'largest value that is a number';


--
-- Name: metric_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_link (
    id bigint NOT NULL,
    run bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    step bigint NOT NULL,
    "timestamp" bigint NOT NULL,
    model_id character varying(64) COLLATE pg_catalog."C",
    dataset_name character varying(500) COLLATE pg_catalog."C",
    dataset_digest character varying(36) COLLATE pg_catalog."C"
);


--
-- Name: metric_link_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.metric_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: metric_link_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.metric_link_id_seq OWNED BY public.metric_link.id;


--
-- Name: metric_source; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.metric_source (
    run bigint NOT NULL,
    source character varying(64) NOT NULL COLLATE pg_catalog."C",
    folded text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: COLUMN metric_source.folded; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.metric_source.folded IS 'JSON list of [first, last] sequences';


--
-- Name: param; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.param (
    run bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: run; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run (
    id bigint NOT NULL,
    run_id character varying(32) NOT NULL COLLATE pg_catalog."C",
    experiment bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    user_id character varying(256) NOT NULL COLLATE pg_catalog."C",
    status character varying(16) NOT NULL COLLATE pg_catalog."C",
    start_time bigint NOT NULL,
    end_time bigint,
    artifact_uri text NOT NULL COLLATE pg_catalog."C",
    lifecycle_stage character varying(8) NOT NULL COLLATE pg_catalog."C",
    deleted_time bigint
);


--
-- Name: run_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: run_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.run_id_seq OWNED BY public.run.id;


--
-- Name: run_input; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_input (
    id bigint NOT NULL,
    run bigint NOT NULL,
    dataset bigint NOT NULL
);


--
-- Name: run_input_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.run_input_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: run_input_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.run_input_id_seq OWNED BY public.run_input.id;


--
-- Name: run_model; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_model (
    run bigint NOT NULL,
    direction character varying(6) NOT NULL COLLATE pg_catalog."C",
    model_id character varying(64) NOT NULL COLLATE pg_catalog."C",
    step bigint NOT NULL
);


--
-- Name: COLUMN run_model.direction; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.run_model.direction IS 'input or output';


--
-- Name: tag; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tag (
    run bigint NOT NULL,
    key character varying(250) NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: dataset id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dataset ALTER COLUMN id SET DEFAULT nextval('public.dataset_id_seq'::regclass);


--
-- Name: experiment id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment ALTER COLUMN id SET DEFAULT nextval('public.experiment_id_seq'::regclass);


--
-- Name: metric_batch id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_batch ALTER COLUMN id SET DEFAULT nextval('public.metric_batch_id_seq'::regclass);


--
-- Name: metric_chunk id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_chunk ALTER COLUMN id SET DEFAULT nextval('public.metric_chunk_id_seq'::regclass);


--
-- Name: metric_link id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_link ALTER COLUMN id SET DEFAULT nextval('public.metric_link_id_seq'::regclass);


--
-- Name: run id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run ALTER COLUMN id SET DEFAULT nextval('public.run_id_seq'::regclass);


--
-- Name: run_input id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_input ALTER COLUMN id SET DEFAULT nextval('public.run_input_id_seq'::regclass);


--
-- Data for Name: cairn_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cairn_version VALUES ('0001');


--
-- Data for Name: dataset; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.dataset VALUES (1, 1, 'iris', 'd1', 'local', '{}', NULL, '{}');


--
-- Data for Name: experiment; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', 1795267008295, 1795267008297, NULL);
INSERT INTO public.experiment VALUES (1, 'naïve 🎈', 'mlflow-artifacts:/1', 'active', 1795267008302, 1795267008303, NULL);
INSERT INTO public.experiment VALUES (2, 'gone', 'mlflow-artifacts:/2', 'deleted', 1795267008305, 1795267008551, 1795267008551);


--
-- Data for Name: experiment_tag; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.experiment_tag VALUES (1, 'Team', '');
INSERT INTO public.experiment_tag VALUES (1, 'team', 'väx ✓ 🎈');


--
-- Data for Name: input_tag; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.input_tag VALUES (1, 'mlflow.data.context', 'train');
INSERT INTO public.input_tag VALUES (2, 'mlflow.data.context', 'train');


--
-- Data for Name: metric_batch; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metric_batch VALUES (72, 2, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');
INSERT INTO public.metric_batch VALUES (73, 2, 'client', 0, 4, '\x0228b52ffd204b9d0100840202066c6f73732f303102040068e5cf8b01000001010802ff0202ff0200550000f0d5e0d03f3f3f3f03007694e11e995bb8');
INSERT INTO public.metric_batch VALUES (74, 2, 'client', 1, 4, '\x0228b52ffd204bfd0100340302066c6f73732f3031020404000468e5cf8b01000001010802ff0202ff029a925500992455009949550099c9c2c5c03f3f3f3f0300be18871b7a59e102');
INSERT INTO public.metric_batch VALUES (75, 2, 'client', 2, 4, '\x0102066c6f73732f3002066c6f73732f31020408000000000000000868e5cf8b01000001010802ff0202ff021c469a55c7179955715d99551c749955c7d1995571459955bcb7b9b53f3f3f3f');
INSERT INTO public.metric_batch VALUES (76, 3, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');
INSERT INTO public.metric_batch VALUES (77, 3, 'client', 0, 4, '\x0228b52ffd204b9d0100840202066c6f73732f303102040068e5cf8b01000001010802ff0202ff0200550000f0d5e0d03f3f3f3f03007694e11e995bb8');
INSERT INTO public.metric_batch VALUES (78, 3, 'client', 1, 4, '\x0228b52ffd204bfd0100340302066c6f73732f3031020404000468e5cf8b01000001010802ff0202ff029a925500992455009949550099c9c2c5c03f3f3f3f0300be18871b7a59e102');
INSERT INTO public.metric_batch VALUES (79, 3, 'client', 2, 4, '\x0102066c6f73732f3002066c6f73732f31020408000000000000000868e5cf8b01000001010802ff0202ff021c469a55c7179955715d99551c749955c7d1995571459955bcb7b9b53f3f3f3f');
INSERT INTO public.metric_batch VALUES (80, 4, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');
INSERT INTO public.metric_batch VALUES (81, 4, 'client', 0, 4, '\x0228b52ffd204b9d0100840202066c6f73732f303102040068e5cf8b01000001010802ff0202ff0200550000f0d5e0d03f3f3f3f03007694e11e995bb8');
INSERT INTO public.metric_batch VALUES (82, 4, 'client', 1, 4, '\x0228b52ffd204bfd0100340302066c6f73732f3031020404000468e5cf8b01000001010802ff0202ff029a925500992455009949550099c9c2c5c03f3f3f3f0300be18871b7a59e102');
INSERT INTO public.metric_batch VALUES (83, 4, 'client', 2, 4, '\x0102066c6f73732f3002066c6f73732f31020408000000000000000868e5cf8b01000001010802ff0202ff021c469a55c7179955715d99551c749955c7d1995571459955bcb7b9b53f3f3f3f');
INSERT INTO public.metric_batch VALUES (84, 5, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');
INSERT INTO public.metric_batch VALUES (85, 5, 'client', 0, 4, '\x0228b52ffd204b9d0100840202066c6f73732f303102040068e5cf8b01000001010802ff0202ff0200550000f0d5e0d03f3f3f3f03007694e11e995bb8');
INSERT INTO public.metric_batch VALUES (86, 5, 'client', 1, 4, '\x0228b52ffd204bfd0100340302066c6f73732f3031020404000468e5cf8b01000001010802ff0202ff029a925500992455009949550099c9c2c5c03f3f3f3f0300be18871b7a59e102');
INSERT INTO public.metric_batch VALUES (87, 5, 'client', 2, 4, '\x0102066c6f73732f3002066c6f73732f31020408000000000000000868e5cf8b01000001010802ff0202ff021c469a55c7179955715d99551c749955c7d1995571459955bcb7b9b53f3f3f3f');
INSERT INTO public.metric_batch VALUES (88, 6, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');
INSERT INTO public.metric_batch VALUES (89, 6, 'client', 0, 4, '\x0228b52ffd204b9d0100840202066c6f73732f303102040068e5cf8b01000001010802ff0202ff0200550000f0d5e0d03f3f3f3f03007694e11e995bb8');
INSERT INTO public.metric_batch VALUES (90, 6, 'client', 1, 4, '\x0228b52ffd204bfd0100340302066c6f73732f3031020404000468e5cf8b01000001010802ff0202ff029a925500992455009949550099c9c2c5c03f3f3f3f0300be18871b7a59e102');
INSERT INTO public.metric_batch VALUES (91, 6, 'client', 2, 4, '\x0102066c6f73732f3002066c6f73732f31020408000000000000000868e5cf8b01000001010802ff0202ff021c469a55c7179955715d99551c749955c7d1995571459955bcb7b9b53f3f3f3f');
INSERT INTO public.metric_batch VALUES (92, 1, NULL, NULL, 6, '\x0228b52ffd204fad0100540201036f64640606fdff00e0ff0100080100000000019a009900f8f0f00000b97f7fff80003f060029094060100644817b077004');


--
-- Data for Name: metric_chunk; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metric_chunk VALUES (1, 1, 'loss/0', 140, 0, 278, '\x0228b52ffd608b04d51e00b43b8c010068e5cf8b0100000101080200559a921c4614111e2818647b689684081dd01afaf417573914c19e700d3b102067db0be04fbed9e0aa18c8701706ed155bfb0214bfa035781d121190a7fc08f071c0748a347491f0f78bd91b6d02027229d34add40c3b1bcc790f940e7c03aeb156e679a87fbe76348b290974013f1dfd974299c793b331196c854c6041a102012b5b502ebe4731eca8ab200559924c7173b111eaf8621142f7b101fd4baa418056c10051478121f27da04f8b7819bc01b6333e9f318a481681658f8bfd9a938102c27fb8118c89c10a9040742ece5862cc0e1f8063380701a4ba1b8e218b0be7feca9de37722262155a6b0f50afd0cf1f13ab7f07bcd1802bb092bcc0b8eda273cd30f0469d09f7345e10e0fadb0a8e01501ae01d7f7200559949715db1111ea1610baea11a427c41c1419c7dc1932f142be4c175bc4181f0b90381e86a10d66b18780b815881e25262e4812b818121a28135e668f102fc4a0101f8b86e5ec394da6cc5d07ae40cd030abb201e0344643535101d00150f40125b2f5d5b07b18de57304b0188809a673f468c420a5dfe8f250147d71f101f01a02345ba97dc01a01e75005599921c7413111ebc185947bd6108f01d141a8f41162ba714fb297d5f4f101fab768903b46095fc0f18815c166030eaa065bc134a4db881ad11116b0ad281019eb3c9e3548f0501893d401aa6f94ef8498df07afd08e47f6bd16a77b86b3c481587e3c7253fa42cf35b01c0ad1270780c3b4080890ee710a8ec390af7b510e0aaac44f87aa5791edc2380d13b111e8686c8e184b921c1d4f9a4c15f6c88e0141c41041e7104f83160560781ef8eb0b9184ce06881d207d6f82c38e3fb50b70618c8f5814d407f65073ad6b6b5b38f2b6c367001d3d1e4fb01e5970522dc28f73cecfa5b05ed0950b839cb6601951c8de4192504b0225647ef4a53065f58f020e63f269791101f1c10f6c7801a91e001f2ac45b1111ef261427af6a7840741ac41f9d0c1c9e514529ef75bc9418191aed80e4e98ec48ac188a0281058e1daf46e28123c9731fcf8135eca66220c044cc57e5770ca43fdd7d20c56d16c27020d3863cf4ad6724e1a16123e7ac713901ca95602dfbc999693a0de0b4885e340be2bb946e4823fedbb79573513010e0a16325e9ae743a01ca925cf0d5c9c2bcb7b3b1aeaaa8a6a4a2a1a09f9d9b9a9897969594949392919190908f8e8d8c8c8b8a898988888787868685858484838383828282818181808080807f7f7e7e7d7d7d7c7c7b7b7b7a7a7a79797978787877777777767676767574747474737271706f6f6f6f6e6d6d6d3f0b000840045805c9401320179c2ee34c1ea049304e979024809a2f7003');
INSERT INTO public.metric_chunk VALUES (2, 1, 'loss/1', 140, 1, 279, '\x0228b52ffd608b04e51d0024398c0101000168e5cf8b01000001010802000055009a5592001c9a4655149211001e1c289a184664557b14689296118400081e1d1cd0281a9afa18f44617645755397b1414c1689e9270960d113b8410002008671edb1d0b1ce0d04f28be1ad99ae0faaa1818f4c846701717640657ed5515395b7bfb14021414c1bf68a09e359278701d96120d1111903ba784fc100800f0207108c067741e8adb341d99552400c79917553b2411001ec7af9986172155143b2f247b1110001f1ed4c7baafa499188605176c2110550514143b782f12241f7b2711da100400f81fb71e81d49bc7c0ba1baf63a43399e918f3861805a417816c682116105855f805bf14d914a93b3878102f2c122724fb1f817b1827c8119cda1010a904040007f8421fecb7e51e86812cd4490071995d55b14911001e71a199615d0b55aeb1a1491a1142007c1e4171c1a141999c617d5dc10b93552fae14b12ba1e449c11a7511bc424100817cf01eb941037181c1e8a16a411099d69c6b61187d785d0bc1810b58938155e22f52ae6214e4b1812b2ba181e4814921c1a21a81753511e6bc6842f1410200fc814a7c01f0011ef8b9b84192001c99745513bc99187459554713bd9261110800f01e1d1c14bc1a998f18417416592b55a7471413fbbd29927d615f114f0810001ff0ab1e761d891c0314b4bc601a9599fc8f0f18184181745c161659602b3055eaa7a0476514bc1313fb4abd4d29b892817dad61115f11116b4f0a08d2108100011f9ef0b3abc91ee37654d1869986d1c855e13b8424b9112100c11ed4c7f986a499c1865fd16cc88855e0e1143b1c84412404b91e1171210400f8c1311e60d456c707f98186efa48e99b0c1b986185f4cd1e06c68c88188d25507e0d6e1f8142c3b381ce384fb415024b70406b9181ec811f57181214d0440007ff865c107313a1ed660b645f299614542557ab1f649a7118400071e4171acf24199f961d045c142c955e57a14b152f69e49f7a75b11c98441008107911eae41d8710eac4ef29841ec9948f9ac6118d08a4502c1814205c98e551de5af7a4614e2b1815223f6c99e73491ff7cfa7815b3511ecc9a68462412000c0814407cc91571ee5ae7741e0d0c5c0b9b5b2b0aca9a7a5a3a2a1a09e9c9a999897969594939292919190908f8e8d8c8b8a8a898888878786868585848484838382828281818181808080807f7f7e7e7d7d7c7c7c7b7b7a7a7a7979797878787877777777767676767575757574737271706f6f6f6f6e6e6e6e6d6d6d6d3f100008401f640646c01d30c6c55904b2e4c01890250733a7eb6e0318120123190f134809a0120688');


--
-- Data for Name: metric_latest; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metric_latest VALUES (1, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');
INSERT INTO public.metric_latest VALUES (6, 'loss/0', 0.09090909090909091, 10, 1700000000010, 0.09090909090909091, 1);
INSERT INTO public.metric_latest VALUES (6, 'loss/1', 0.08333333333333333, 11, 1700000000011, 0.08333333333333333, 0.5);
INSERT INTO public.metric_latest VALUES (1, 'loss/0', 0.0035842293906810036, 278, 1700000000278, 0.0035842293906810036, 1);
INSERT INTO public.metric_latest VALUES (1, 'loss/1', 0.0035714285714285713, 279, 1700000000279, 0.0035714285714285713, 0.5);
INSERT INTO public.metric_latest VALUES (2, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');
INSERT INTO public.metric_latest VALUES (2, 'loss/0', 0.09090909090909091, 10, 1700000000010, 0.09090909090909091, 1);
INSERT INTO public.metric_latest VALUES (2, 'loss/1', 0.08333333333333333, 11, 1700000000011, 0.08333333333333333, 0.5);
INSERT INTO public.metric_latest VALUES (3, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');
INSERT INTO public.metric_latest VALUES (3, 'loss/0', 0.09090909090909091, 10, 1700000000010, 0.09090909090909091, 1);
INSERT INTO public.metric_latest VALUES (3, 'loss/1', 0.08333333333333333, 11, 1700000000011, 0.08333333333333333, 0.5);
INSERT INTO public.metric_latest VALUES (4, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');
INSERT INTO public.metric_latest VALUES (4, 'loss/0', 0.09090909090909091, 10, 1700000000010, 0.09090909090909091, 1);
INSERT INTO public.metric_latest VALUES (4, 'loss/1', 0.08333333333333333, 11, 1700000000011, 0.08333333333333333, 0.5);
INSERT INTO public.metric_latest VALUES (5, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');
INSERT INTO public.metric_latest VALUES (5, 'loss/0', 0.09090909090909091, 10, 1700000000010, 0.09090909090909091, 1);
INSERT INTO public.metric_latest VALUES (5, 'loss/1', 0.08333333333333333, 11, 1700000000011, 0.08333333333333333, 0.5);
INSERT INTO public.metric_latest VALUES (6, 'odd', 0.1, 2, -9007199254740992, '-Infinity', 'Infinity');


--
-- Data for Name: metric_link; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: metric_source; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.metric_source VALUES (1, 'client', '[[0, 69]]');


--
-- Data for Name: param; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.param VALUES (1, 'p', 'p 0 ü');
INSERT INTO public.param VALUES (1, 'P', 'P 0 ü');
INSERT INTO public.param VALUES (1, 'p ', 'p  0 ü');
INSERT INTO public.param VALUES (1, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 0 ü');
INSERT INTO public.param VALUES (2, 'p', 'p 1 ü');
INSERT INTO public.param VALUES (2, 'P', 'P 1 ü');
INSERT INTO public.param VALUES (2, 'p ', 'p  1 ü');
INSERT INTO public.param VALUES (2, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 1 ü');
INSERT INTO public.param VALUES (3, 'p', 'p 2 ü');
INSERT INTO public.param VALUES (3, 'P', 'P 2 ü');
INSERT INTO public.param VALUES (3, 'p ', 'p  2 ü');
INSERT INTO public.param VALUES (3, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 2 ü');
INSERT INTO public.param VALUES (4, 'p', 'p 3 ü');
INSERT INTO public.param VALUES (4, 'P', 'P 3 ü');
INSERT INTO public.param VALUES (4, 'p ', 'p  3 ü');
INSERT INTO public.param VALUES (4, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 3 ü');
INSERT INTO public.param VALUES (5, 'p', 'p 4 ü');
INSERT INTO public.param VALUES (5, 'P', 'P 4 ü');
INSERT INTO public.param VALUES (5, 'p ', 'p  4 ü');
INSERT INTO public.param VALUES (5, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 4 ü');
INSERT INTO public.param VALUES (6, 'p', 'p 5 ü');
INSERT INTO public.param VALUES (6, 'P', 'P 5 ü');
INSERT INTO public.param VALUES (6, 'p ', 'p  5 ü');
INSERT INTO public.param VALUES (6, 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong', 'longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong 5 ü');


--
-- Data for Name: run; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.run VALUES (2, '00000000000000000000000000000002', 1, 'run 1', 'ada', 'RUNNING', 1700000000001, NULL, 'mlflow-artifacts:/1/00000000000000000000000000000002/artifacts', 'active', NULL);
INSERT INTO public.run VALUES (3, '00000000000000000000000000000003', 1, 'run 2', 'ada', 'RUNNING', 1700000000002, NULL, 'mlflow-artifacts:/1/00000000000000000000000000000003/artifacts', 'active', NULL);
INSERT INTO public.run VALUES (4, '00000000000000000000000000000004', 1, 'run 3', 'ada', 'RUNNING', 1700000000003, NULL, 'mlflow-artifacts:/1/00000000000000000000000000000004/artifacts', 'active', NULL);
INSERT INTO public.run VALUES (1, '00000000000000000000000000000001', 1, 'run 0', 'ada', 'FINISHED', 1700000000000, 1099511627776, 'mlflow-artifacts:/1/00000000000000000000000000000001/artifacts', 'active', NULL);
INSERT INTO public.run VALUES (5, '00000000000000000000000000000005', 1, 'run 4', 'ada', 'RUNNING', 1700000000004, NULL, 'mlflow-artifacts:/1/00000000000000000000000000000005/artifacts', 'deleted', 1795267008538);
INSERT INTO public.run VALUES (6, '00000000000000000000000000000006', 2, 'run 5', 'ada', 'RUNNING', 1700000000005, NULL, 'mlflow-artifacts:/2/00000000000000000000000000000006/artifacts', 'deleted', 1795267008551);


--
-- Data for Name: run_input; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.run_input VALUES (1, 1, 1);
INSERT INTO public.run_input VALUES (2, 2, 1);


--
-- Data for Name: run_model; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.run_model VALUES (1, 'output', 'm-1', 2);


--
-- Data for Name: tag; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tag VALUES (1, 'mlflow.runName', 'run 0');
INSERT INTO public.tag VALUES (1, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO public.tag VALUES (2, 'mlflow.parentRunId', '00000000000000000000000000000001');
INSERT INTO public.tag VALUES (2, 'mlflow.runName', 'run 1');
INSERT INTO public.tag VALUES (2, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO public.tag VALUES (3, 'mlflow.parentRunId', '00000000000000000000000000000001');
INSERT INTO public.tag VALUES (3, 'mlflow.runName', 'run 2');
INSERT INTO public.tag VALUES (3, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO public.tag VALUES (4, 'mlflow.parentRunId', '00000000000000000000000000000001');
INSERT INTO public.tag VALUES (4, 'mlflow.runName', 'run 3');
INSERT INTO public.tag VALUES (4, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO public.tag VALUES (5, 'mlflow.parentRunId', '00000000000000000000000000000001');
INSERT INTO public.tag VALUES (5, 'mlflow.runName', 'run 4');
INSERT INTO public.tag VALUES (5, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
INSERT INTO public.tag VALUES (6, 'mlflow.parentRunId', '00000000000000000000000000000001');
INSERT INTO public.tag VALUES (6, 'mlflow.runName', 'run 5');
INSERT INTO public.tag VALUES (6, 't', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');


--
-- Name: dataset_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dataset_id_seq', 2, true);


--
-- Name: experiment_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.experiment_id_seq', 2, true);


--
-- Name: metric_batch_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.metric_batch_id_seq', 92, true);


--
-- Name: metric_chunk_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.metric_chunk_id_seq', 2, true);


--
-- Name: metric_link_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.metric_link_id_seq', 1, false);


--
-- Name: run_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.run_id_seq', 6, true);


--
-- Name: run_input_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.run_input_id_seq', 2, true);


--
-- Name: cairn_version cairn_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cairn_version
    ADD CONSTRAINT cairn_version_pkc PRIMARY KEY (version_num);


--
-- Name: dataset pk_dataset; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT pk_dataset PRIMARY KEY (id);


--
-- Name: experiment pk_experiment; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment
    ADD CONSTRAINT pk_experiment PRIMARY KEY (id);


--
-- Name: experiment_tag pk_experiment_tag; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_tag
    ADD CONSTRAINT pk_experiment_tag PRIMARY KEY (experiment, key);


--
-- Name: input_tag pk_input_tag; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.input_tag
    ADD CONSTRAINT pk_input_tag PRIMARY KEY (input, key);


--
-- Name: metric_batch pk_metric_batch; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_batch
    ADD CONSTRAINT pk_metric_batch PRIMARY KEY (id);


--
-- Name: metric_chunk pk_metric_chunk; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_chunk
    ADD CONSTRAINT pk_metric_chunk PRIMARY KEY (id);


--
-- Name: metric_latest pk_metric_latest; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_latest
    ADD CONSTRAINT pk_metric_latest PRIMARY KEY (run, key);


--
-- Name: metric_link pk_metric_link; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_link
    ADD CONSTRAINT pk_metric_link PRIMARY KEY (id);


--
-- Name: metric_source pk_metric_source; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_source
    ADD CONSTRAINT pk_metric_source PRIMARY KEY (run, source);


--
-- Name: param pk_param; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.param
    ADD CONSTRAINT pk_param PRIMARY KEY (run, key);


--
-- Name: run pk_run; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run
    ADD CONSTRAINT pk_run PRIMARY KEY (id);


--
-- Name: run_input pk_run_input; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_input
    ADD CONSTRAINT pk_run_input PRIMARY KEY (id);


--
-- Name: run_model pk_run_model; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_model
    ADD CONSTRAINT pk_run_model PRIMARY KEY (run, direction, model_id);


--
-- Name: tag pk_tag; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT pk_tag PRIMARY KEY (run, key);


--
-- Name: dataset uq_dataset_experiment_name_digest; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT uq_dataset_experiment_name_digest UNIQUE (experiment, name, digest);


--
-- Name: experiment uq_experiment_name; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment
    ADD CONSTRAINT uq_experiment_name UNIQUE (name);


--
-- Name: metric_batch uq_metric_batch_run_source_sequence; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_batch
    ADD CONSTRAINT uq_metric_batch_run_source_sequence UNIQUE (run, source, sequence);


--
-- Name: run_input uq_run_input_run_dataset; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_input
    ADD CONSTRAINT uq_run_input_run_dataset UNIQUE (run, dataset);


--
-- Name: run uq_run_run_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run
    ADD CONSTRAINT uq_run_run_id UNIQUE (run_id);


--
-- Name: ix_metric_chunk_run_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_metric_chunk_run_key ON public.metric_chunk USING btree (run, key);


--
-- Name: ix_metric_link_run; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_metric_link_run ON public.metric_link USING btree (run);


--
-- Name: ix_run_experiment_lifecycle_stage_start_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_run_experiment_lifecycle_stage_start_time ON public.run USING btree (experiment, lifecycle_stage, start_time);


--
-- Name: dataset fk_dataset_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT fk_dataset_experiment FOREIGN KEY (experiment) REFERENCES public.experiment(id) ON DELETE CASCADE;


--
-- Name: experiment_tag fk_experiment_tag_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.experiment_tag
    ADD CONSTRAINT fk_experiment_tag_experiment FOREIGN KEY (experiment) REFERENCES public.experiment(id) ON DELETE CASCADE;


--
-- Name: input_tag fk_input_tag_input; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.input_tag
    ADD CONSTRAINT fk_input_tag_input FOREIGN KEY (input) REFERENCES public.run_input(id) ON DELETE CASCADE;


--
-- Name: metric_batch fk_metric_batch_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_batch
    ADD CONSTRAINT fk_metric_batch_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: metric_chunk fk_metric_chunk_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_chunk
    ADD CONSTRAINT fk_metric_chunk_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: metric_latest fk_metric_latest_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_latest
    ADD CONSTRAINT fk_metric_latest_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: metric_link fk_metric_link_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_link
    ADD CONSTRAINT fk_metric_link_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: metric_source fk_metric_source_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.metric_source
    ADD CONSTRAINT fk_metric_source_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: param fk_param_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.param
    ADD CONSTRAINT fk_param_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: run fk_run_experiment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run
    ADD CONSTRAINT fk_run_experiment FOREIGN KEY (experiment) REFERENCES public.experiment(id) ON DELETE CASCADE;


--
-- Name: run_input fk_run_input_dataset; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_input
    ADD CONSTRAINT fk_run_input_dataset FOREIGN KEY (dataset) REFERENCES public.dataset(id) ON DELETE CASCADE;


--
-- Name: run_input fk_run_input_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_input
    ADD CONSTRAINT fk_run_input_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: run_model fk_run_model_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_model
    ADD CONSTRAINT fk_run_model_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- Name: tag fk_tag_run; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT fk_tag_run FOREIGN KEY (run) REFERENCES public.run(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


